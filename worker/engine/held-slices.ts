/**
 * The slices an engine holds, and what follows from them: whose turn a slot of the total rate is. Used by the engine.
 * Invariant: a slot belongs to the slice in which its connection's session was planned to open, at whoever holds it then.
 */
import type { Population } from "../../shared/load/arrivals.ts";
import { isInSlice, type Slice } from "../../shared/wire/slice.ts";

interface Held {
  slice: Slice;
  /** Run time from which on this engine holds it. */
  readonly sinceUs: number;
}

export class HeldSlices {
  #population: Population;
  readonly #shardCount: number;
  readonly #byShard = new Map<number, Held[]>();

  constructor(population: Population, shardCount: number) {
    this.#population = population;
    this.#shardCount = shardCount;
  }

  add(slice: Slice, sinceUs: number): void {
    const held = this.#byShard.get(slice.shard) ?? [];
    this.#byShard.set(slice.shard, [...held, { slice, sinceUs }]);
  }

  get all(): readonly Slice[] {
    return [...this.#byShard.values()].flatMap((held) => held.map(({ slice }) => slice));
  }

  /** The plan has changed. */
  follow(population: Population): void {
    this.#population = population;
  }

  find(id: number): Slice | null {
    for (const held of this.#byShard.values()) {
      const found = held.find(({ slice }) => slice.id === id);
      if (found) return found.slice;
    }
    return null;
  }

  /** Sessions planned to open at toUs or later are not ours any more. */
  cut(id: number, toUs: number): void {
    for (const held of this.#byShard.values()) {
      for (const one of held) if (one.slice.id === id) one.slice = { ...one.slice, toUs };
    }
  }

  remove(id: number): void {
    for (const [shard, held] of this.#byShard) {
      this.#byShard.set(
        shard,
        held.filter(({ slice }) => slice.id !== id),
      );
    }
  }

  /** Whether a slot at atUs of the connection with this index is ours. */
  isOurs(index: number, atUs: number): boolean {
    const held = this.#byShard.get(index % this.#shardCount);
    const first = held?.[0];
    if (held === undefined || first === undefined) return false;
    // Nearly always: the whole shard, undivided.
    if (held.length === 1 && first.slice.fromUs === 0 && first.slice.toUs === null) {
      return atUs >= first.sinceUs;
    }
    const session = this.#population
      .sessionsOf(index)
      .find(({ openUs, closeUs }) => atUs >= openUs && atUs < closeUs);
    if (session === undefined) return false;
    return held.some(({ slice, sinceUs }) => isInSlice(slice, session.openUs) && atUs >= sinceUs);
  }
}
