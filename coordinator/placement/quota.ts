/**
 * How many slices each worker of a run may hold, and which slices are to move. Pure; called by placement.ts at each look.
 * Every shard has one tail, the slice that holds what it has yet to open; tails are dealt by capacity (load/split.ts).
 * Invariant: quotas make room for every free slice exactly once, as long as any worker stays.
 */
import { quotas, type ShardSizes, shardsThatFit } from "../../shared/load/split.ts";
import type { SliceEntry, SliceTable } from "../merge/slice-table.ts";

/** A worker of the run, as placement sees it. */
export interface WorkerCapacity {
  readonly epoch: number;
  /** Connections it can hold. */
  readonly capacity: number;
  /** Whether it may get slices. */
  readonly stays: boolean;
  /** Whether it is to hand over what it has, and can hear it. */
  readonly empties: boolean;
  /** Slices it holds. */
  readonly held: readonly SliceEntry[];
}

/** The seats as they will be without some slices, and what is free then. */
export function withoutSlices(
  seats: readonly WorkerCapacity[],
  table: SliceTable,
  slices: readonly number[],
): { readonly settled: readonly WorkerCapacity[]; readonly free: readonly SliceEntry[] } {
  const without = new Set(slices);
  const settled = seats.map((seat) => ({
    ...seat,
    held: seat.held.filter(({ slice }) => !without.has(slice.id)),
  }));
  return { settled, free: [...table.free, ...[...without].map((slice) => table.entry(slice))] };
}

/** epoch -> slices it may hold, those it holds included. */
export function sliceQuotas(
  seats: readonly WorkerCapacity[],
  free: readonly SliceEntry[],
  sizes: ShardSizes,
): ReadonlyMap<number, number> {
  const staying = seats.filter(({ stays }) => stays);
  const allowed = new Map(seats.map(({ epoch, stays, held }) => [epoch, stays ? held.length : 0]));
  const more = (seat: WorkerCapacity) =>
    allowed.set(seat.epoch, (allowed.get(seat.epoch) ?? 0) + 1);
  const owed = tailsOwed(staying, sizes);
  const fullness = ({ epoch, capacity }: WorkerCapacity) =>
    ((allowed.get(epoch) ?? 0) + 1) / Math.max(1, capacity);
  for (const { slice } of free) {
    const creditor =
      slice.toUs === null ? largest(staying, ({ epoch }) => owed.get(epoch) ?? 0) : null;
    const seat = creditor ?? largest(staying, (one) => 1 / fullness(one));
    if (!seat) break;
    if (creditor) owed.set(seat.epoch, (owed.get(seat.epoch) ?? 0) - 1);
    more(seat);
  }
  return allowed;
}

/** Slices whose unopened part is to be cut off, so that workers that came later get their share. */
export function slicesToCut(
  seats: readonly WorkerCapacity[],
  free: readonly SliceEntry[],
  sizes: ShardSizes,
): readonly SliceEntry[] {
  const staying = seats.filter(({ stays }) => stays);
  const owed = tailsOwed(staying, sizes);
  const freeTails = free.filter(({ slice }) => slice.toUs === null).length;
  const wanted = [...owed.values()].reduce((sum, tails) => sum + Math.max(0, tails), 0);
  let left = wanted - freeTails;
  const cuts: SliceEntry[] = [];
  for (const { epoch, held } of staying) {
    const over = Math.min(-(owed.get(epoch) ?? 0), left);
    if (over <= 0) continue;
    const chosen = tailsOf(held).slice(-over);
    cuts.push(...chosen);
    left -= chosen.length;
  }
  return cuts;
}

/**
 * Slices that are to move with everything that is open: those of workers that are not to have any, and with `even` also
 * those of workers that hold more than their share. No more than fit elsewhere.
 */
export function slicesToMove(
  seats: readonly WorkerCapacity[],
  free: readonly SliceEntry[],
  { sizes, even }: { readonly sizes: ShardSizes; readonly even: boolean },
): readonly SliceEntry[] {
  const staying = seats.filter(({ stays }) => stays);
  const slicesFor = ({ capacity }: WorkerCapacity) => shardsThatFit(sizes, capacity);
  const moving = seats.filter(({ empties }) => empties).flatMap(({ held }) => held);
  if (even) {
    const slices = staying.reduce((sum, { held }) => sum + held.length, 0);
    const shares = quotas(
      staying.map(({ capacity }) => capacity),
      slices,
      sizes,
    );
    for (const [at, { held }] of staying.entries()) moving.push(...held.slice(shares[at] ?? 0));
    return moving;
  }
  const room = staying.reduce(
    (sum, seat) => sum + Math.max(0, slicesFor(seat) - seat.held.length),
    0,
  );
  return moving.slice(0, Math.max(0, room - free.length));
}

/** epoch -> tails it should hold beyond those it holds; negative: it holds too many. */
function tailsOwed(staying: readonly WorkerCapacity[], sizes: ShardSizes): Map<number, number> {
  const targets = quotas(
    staying.map(({ capacity }) => capacity),
    sizes.shards,
    sizes,
  );
  return new Map(
    staying.map(({ epoch, held }, at) => [epoch, (targets[at] ?? 0) - tailsOf(held).length]),
  );
}

function tailsOf(held: readonly SliceEntry[]): readonly SliceEntry[] {
  return held.filter(({ slice }) => slice.toUs === null);
}

/** The first of the seats with the highest positive value. */
function largest(
  seats: readonly WorkerCapacity[],
  value: (seat: WorkerCapacity) => number,
): WorkerCapacity | null {
  let best: WorkerCapacity | null = null;
  let highest = 0;
  for (const seat of seats) {
    const own = value(seat);
    if (own > highest) {
      best = seat;
      highest = own;
    }
  }
  return best;
}
