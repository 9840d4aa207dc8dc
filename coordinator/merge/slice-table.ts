/**
 * Who holds which slice of a run, as the journal tells it: the fold of the slice events. Kept by run-fold.ts; the run
 * decides by it (placement/placement.ts), and a coordinator that starts again goes on with it.
 * Invariant: the slices of a shard cover all run time without overlap, whatever was handed over to whom.
 *
 *   free --claimed--> held --hand-over "unopened"--> held, cut; a new slice from there on is free
 *    ^                 \--holder lost | hand-over "all" done | released--> free (or dropped, for good)
 */
import { assert } from "../../shared/assert.ts";
import type { HandOver, SliceCut } from "../../shared/wire/command.ts";
import { type Slice, wholeShard } from "../../shared/wire/slice.ts";
import type { SliceEvent } from "../store/event.ts";

export interface SliceEntry {
  slice: Slice;
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

/** A slice somebody had until then, and has no more though it lives. */
export interface GivenSlice {
  readonly slice: Slice;
  /** Run time. */
  readonly untilUs: number;
}

export class SliceTable {
  readonly slices = new Map<number, SliceEntry>();
  /** Asked for and not done. */
  readonly handOvers = new Map<number, HandOver>();
  nextHandOver = 0;
  readonly #given = new Map<number, GivenSlice[]>();

  /** @param shards S: at first each shard is a slice, and offered */
  constructor(shards: number) {
    for (let shard = 0; shard < shards; shard++) this.#add(wholeShard(shard));
  }

  /** Slices nobody has and somebody should. */
  get free(): readonly SliceEntry[] {
    return [...this.slices.values()].filter(({ holder, dropped }) => holder === null && !dropped);
  }

  /** Slices that end before the plan does. */
  get cuts(): readonly SliceCut[] {
    return [...this.slices.values()].flatMap(({ slice: { id, toUs } }) =>
      toUs === null ? [] : [{ slice: id, toUs }],
    );
  }

  heldBy(epoch: number): readonly SliceEntry[] {
    return [...this.slices.values()].filter(({ holder }) => holder === epoch);
  }

  /** What the epoch held and gave away, each time anew. */
  givenBy(epoch: number): readonly GivenSlice[] {
    return this.#given.get(epoch) ?? [];
  }

  /** heldBy() of all holders at once. */
  byHolder(): ReadonlyMap<number, readonly SliceEntry[]> {
    const held = new Map<number, SliceEntry[]>();
    for (const entry of this.slices.values()) {
      if (entry.holder === null) continue;
      const list = held.get(entry.holder);
      if (list) list.push(entry);
      else held.set(entry.holder, [entry]);
    }
    return held;
  }

  entry(slice: number): SliceEntry {
    const entry = this.slices.get(slice);
    assert(entry, `there is no slice ${slice}`);
    return entry;
  }

  /** @param elapsedUs run time of the event; null before the start */
  apply(event: SliceEvent, elapsedUs: number | null): void {
    switch (event.type) {
      case "slices-held":
        for (const slice of event.slices) {
          const entry = this.entry(slice);
          if (entry.holder !== event.epoch) this.#give(entry, elapsedUs);
          entry.holder = event.epoch;
          entry.offered = false;
          entry.movingSinceUs = null;
        }
        return;
      case "slices-offered":
        for (const [at, slice] of event.slices.entries()) {
          const entry = this.entry(slice);
          this.#give(entry, elapsedUs);
          entry.holder = null;
          entry.offered = true;
          if (event.why !== "lost") entry.movingSinceUs ??= elapsedUs;
          entry.offer = event.offers[at] ?? entry.offer + 1;
        }
        return;
      case "slices-dropped":
        for (const slice of event.slices) this.#drop(this.entry(slice));
        return;
      case "hand-over-asked":
        for (const handOver of event.handOvers) {
          this.handOvers.set(handOver.id, handOver);
          if (handOver.scope === "all") this.entry(handOver.slice).movingSinceUs ??= elapsedUs;
          this.nextHandOver = Math.max(this.nextHandOver, handOver.id + 1);
        }
        return;
      case "hand-over-done":
        this.handOvers.delete(event.id);
        if (event.cut) this.#cut(event.cut);
    }
  }

  /** The worker is lost, or has left: its slices are free, and it hands nothing over any more. */
  leave(epoch: number): void {
    for (const entry of this.heldBy(epoch)) entry.holder = null;
    for (const [id, handOver] of this.handOvers) {
      if (handOver.epoch === epoch) this.handOvers.delete(id);
    }
  }

  #give({ slice, holder }: SliceEntry, elapsedUs: number | null): void {
    if (holder === null || elapsedUs === null) return;
    const given = this.#given.get(holder) ?? [];
    given.push({ slice, untilUs: Math.max(0, elapsedUs) });
    this.#given.set(holder, given);
  }

  #add(slice: Slice): void {
    const unmoved = { dropped: false, movingSinceUs: null };
    this.slices.set(slice.id, { slice, holder: null, offer: 0, offered: true, ...unmoved });
  }

  #drop(entry: SliceEntry): void {
    entry.holder = null;
    entry.dropped = true;
  }

  #cut({ slice, atUs, made }: { slice: number; atUs: number; made: number }): void {
    const entry = this.entry(slice);
    const { shard, toUs } = entry.slice;
    assert(made === this.slices.size, `slice ${made} is not the next one`);
    entry.slice = { ...entry.slice, toUs: atUs };
    this.#add({ id: made, shard, fromUs: atUs, toUs });
  }
}
