/**
 * Who holds which lane of a run, as the journal tells it: the fold of the lane events. Kept by run-fold.ts; the run
 * decides by it (run/placement.ts), and a coordinator that starts again goes on with it.
 * Invariant: the lanes of a shard cover all run time without overlap, whatever was handed over to whom.
 *
 *   free --claimed--> held --hand-over "unopened"--> held, cut; a new lane from there on is free
 *    ^                 \--holder lost | hand-over "all" done | released--> free (or dropped, for good)
 */
import { assert } from "../../shared/assert.ts";
import type { HandOver, LaneCut } from "../../shared/wire/command.ts";
import { type Lane, wholeShard } from "../../shared/wire/lane.ts";
import type { LaneEvent } from "../store/event.ts";

export interface LaneEntry {
  lane: Lane;
  /** Epoch; null: nobody has it. */
  holder: number | null;
  /** How often it was offered before the last offer. */
  offer: number;
  /** The last offer stands: nobody has had it since. */
  offered: boolean;
  /** Nobody is to have it any more. */
  dropped: boolean;
  /** On its way between workers that live since then, run time; null when it is not. */
  movingSinceUs: number | null;
}

/** A lane somebody had until then, and has no more though it lives. */
export interface GivenLane {
  readonly lane: Lane;
  /** Run time. */
  readonly untilUs: number;
}

export class LaneTable {
  readonly lanes = new Map<number, LaneEntry>();
  /** Asked for and not done. */
  readonly handOvers = new Map<number, HandOver>();
  nextHandOver = 0;
  readonly #given = new Map<number, GivenLane[]>();

  /** @param shards S: at first each shard is a lane, and offered */
  constructor(shards: number) {
    for (let shard = 0; shard < shards; shard++) this.#add(wholeShard(shard));
  }

  /** Lanes nobody has and somebody should. */
  get free(): readonly LaneEntry[] {
    return [...this.lanes.values()].filter(({ holder, dropped }) => holder === null && !dropped);
  }

  /** Lanes that end before the plan does. */
  get cuts(): readonly LaneCut[] {
    return [...this.lanes.values()].flatMap(({ lane: { id, toUs } }) =>
      toUs === null ? [] : [{ lane: id, toUs }],
    );
  }

  heldBy(epoch: number): readonly LaneEntry[] {
    return [...this.lanes.values()].filter(({ holder }) => holder === epoch);
  }

  /** What the epoch held and gave away, each time anew. */
  givenBy(epoch: number): readonly GivenLane[] {
    return this.#given.get(epoch) ?? [];
  }

  /** heldBy() of all holders at once. */
  byHolder(): ReadonlyMap<number, readonly LaneEntry[]> {
    const held = new Map<number, LaneEntry[]>();
    for (const entry of this.lanes.values()) {
      if (entry.holder === null) continue;
      const list = held.get(entry.holder);
      if (list) list.push(entry);
      else held.set(entry.holder, [entry]);
    }
    return held;
  }

  entry(lane: number): LaneEntry {
    const entry = this.lanes.get(lane);
    assert(entry, `there is no lane ${lane}`);
    return entry;
  }

  /** @param elapsedUs run time of the event; null before the start */
  apply(event: LaneEvent, elapsedUs: number | null): void {
    switch (event.type) {
      case "lanes-held":
        for (const lane of event.lanes) {
          const entry = this.entry(lane);
          if (entry.holder !== event.epoch) this.#give(entry, elapsedUs);
          entry.holder = event.epoch;
          entry.offered = false;
          entry.movingSinceUs = null;
        }
        return;
      case "lanes-offered":
        for (const [at, lane] of event.lanes.entries()) {
          const entry = this.entry(lane);
          this.#give(entry, elapsedUs);
          entry.holder = null;
          entry.offered = true;
          if (event.why !== "lost") entry.movingSinceUs ??= elapsedUs;
          entry.offer = event.offers[at] ?? entry.offer + 1;
        }
        return;
      case "lanes-dropped":
        for (const lane of event.lanes) this.#drop(this.entry(lane));
        return;
      case "hand-over-asked":
        for (const handOver of event.handOvers) {
          this.handOvers.set(handOver.id, handOver);
          if (handOver.scope === "all") this.entry(handOver.lane).movingSinceUs ??= elapsedUs;
          this.nextHandOver = Math.max(this.nextHandOver, handOver.id + 1);
        }
        return;
      case "hand-over-done":
        this.handOvers.delete(event.id);
        if (event.cut) this.#cut(event.cut);
    }
  }

  /** The worker is lost, or has left: its lanes are free, and it hands nothing over any more. */
  leave(epoch: number): void {
    for (const entry of this.heldBy(epoch)) entry.holder = null;
    for (const [id, handOver] of this.handOvers) {
      if (handOver.epoch === epoch) this.handOvers.delete(id);
    }
  }

  #give({ lane, holder }: LaneEntry, elapsedUs: number | null): void {
    if (holder === null || elapsedUs === null) return;
    const given = this.#given.get(holder) ?? [];
    given.push({ lane, untilUs: Math.max(0, elapsedUs) });
    this.#given.set(holder, given);
  }

  #add(lane: Lane): void {
    const unmoved = { dropped: false, movingSinceUs: null };
    this.lanes.set(lane.id, { lane, holder: null, offer: 0, offered: true, ...unmoved });
  }

  #drop(entry: LaneEntry): void {
    entry.holder = null;
    entry.dropped = true;
  }

  #cut({ lane, atUs, made }: { lane: number; atUs: number; made: number }): void {
    const entry = this.entry(lane);
    const { shard, toUs } = entry.lane;
    assert(made === this.lanes.size, `lane ${made} is not the next one`);
    entry.lane = { ...entry.lane, toUs: atUs };
    this.#add({ id: made, shard, fromUs: atUs, toUs });
  }
}
