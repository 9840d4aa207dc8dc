/**
 * The lanes an engine holds, and what follows from them: whose turn a slot of the total rate is. Used by the engine.
 * Invariant: a slot belongs to the lane in which its connection's session was planned to open, at whoever holds it then.
 */
import type { Population } from "../../shared/load/arrivals.ts";
import { isInLane, type Lane } from "../../shared/wire/lane.ts";

interface Held {
  lane: Lane;
  /** Run time from which on this engine holds it. */
  readonly sinceUs: number;
}

export class HeldLanes {
  #population: Population;
  readonly #shardCount: number;
  readonly #byShard = new Map<number, Held[]>();

  constructor(population: Population, shardCount: number) {
    this.#population = population;
    this.#shardCount = shardCount;
  }

  add(lane: Lane, sinceUs: number): void {
    const held = this.#byShard.get(lane.shard) ?? [];
    this.#byShard.set(lane.shard, [...held, { lane, sinceUs }]);
  }

  get all(): readonly Lane[] {
    return [...this.#byShard.values()].flatMap((held) => held.map(({ lane }) => lane));
  }

  /** The plan has changed. */
  follow(population: Population): void {
    this.#population = population;
  }

  find(id: number): Lane | null {
    for (const held of this.#byShard.values()) {
      const found = held.find(({ lane }) => lane.id === id);
      if (found) return found.lane;
    }
    return null;
  }

  /** Sessions planned to open at toUs or later are not ours any more. */
  cut(id: number, toUs: number): void {
    for (const held of this.#byShard.values()) {
      for (const one of held) if (one.lane.id === id) one.lane = { ...one.lane, toUs };
    }
  }

  remove(id: number): void {
    for (const [shard, held] of this.#byShard) {
      this.#byShard.set(
        shard,
        held.filter(({ lane }) => lane.id !== id),
      );
    }
  }

  /** Whether a slot at atUs of the connection with this index is ours. */
  isOurs(index: number, atUs: number): boolean {
    const held = this.#byShard.get(index % this.#shardCount);
    const first = held?.[0];
    if (held === undefined || first === undefined) return false;
    // Nearly always: the whole shard, undivided.
    if (held.length === 1 && first.lane.fromUs === 0 && first.lane.toUs === null) {
      return atUs >= first.sinceUs;
    }
    const session = this.#population
      .sessionsOf(index)
      .find(({ openUs, closeUs }) => atUs >= openUs && atUs < closeUs);
    if (session === undefined) return false;
    return held.some(({ lane, sinceUs }) => isInLane(lane, session.openUs) && atUs >= sinceUs);
  }
}
