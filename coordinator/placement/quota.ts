/**
 * How many lanes each worker of a run may hold, and which lanes are to move. Pure; called by placement.ts at each look.
 * Every shard has one tail, the lane that holds what it has yet to open; tails are dealt by capacity (load/split.ts).
 * Invariant: quotas make room for every free lane exactly once, as long as any worker stays.
 */
import { quotas } from "../../shared/load/split.ts";
import type { LaneEntry, LaneTable } from "../merge/lane-table.ts";
import type { Plan } from "../plan/plan.ts";

/** A worker of the run, as placement sees it. */
export interface Seat {
  readonly epoch: number;
  /** Connections it can hold. */
  readonly capacity: number;
  /** Whether it may get lanes. */
  readonly stays: boolean;
  /** Whether it is to hand over what it has, and can hear it. */
  readonly empties: boolean;
  /** Lanes it holds. */
  readonly held: readonly LaneEntry[];
}

export interface Sizes {
  readonly shards: number;
  readonly shardConnections: number;
}

export function sizesOf({ document, shardConnections }: Plan): Sizes {
  return { shards: document.shards, shardConnections };
}

/** The seats as they will be without some lanes, and what is free then. */
export function withoutLanes(
  seats: readonly Seat[],
  table: LaneTable,
  lanes: readonly number[],
): { readonly settled: readonly Seat[]; readonly free: readonly LaneEntry[] } {
  const without = new Set(lanes);
  const settled = seats.map((seat) => ({
    ...seat,
    held: seat.held.filter(({ lane }) => !without.has(lane.id)),
  }));
  return { settled, free: [...table.free, ...[...without].map((lane) => table.entry(lane))] };
}

/** epoch -> lanes it may hold, those it holds included. */
export function laneQuotas(
  seats: readonly Seat[],
  free: readonly LaneEntry[],
  sizes: Sizes,
): ReadonlyMap<number, number> {
  const staying = seats.filter(({ stays }) => stays);
  const allowed = new Map(seats.map(({ epoch, stays, held }) => [epoch, stays ? held.length : 0]));
  const more = (seat: Seat) => allowed.set(seat.epoch, (allowed.get(seat.epoch) ?? 0) + 1);
  const owed = tailsOwed(staying, sizes);
  const fullness = ({ epoch, capacity }: Seat) =>
    ((allowed.get(epoch) ?? 0) + 1) / Math.max(1, capacity);
  for (const { lane } of free) {
    const creditor =
      lane.toUs === null ? largest(staying, ({ epoch }) => owed.get(epoch) ?? 0) : null;
    const seat = creditor ?? largest(staying, (one) => 1 / fullness(one));
    if (!seat) break;
    if (creditor) owed.set(seat.epoch, (owed.get(seat.epoch) ?? 0) - 1);
    more(seat);
  }
  return allowed;
}

/** Lanes whose unopened part is to be cut off, so that workers that came later get their share. */
export function lanesToCut(
  seats: readonly Seat[],
  free: readonly LaneEntry[],
  sizes: Sizes,
): readonly LaneEntry[] {
  const staying = seats.filter(({ stays }) => stays);
  const owed = tailsOwed(staying, sizes);
  const freeTails = free.filter(({ lane }) => lane.toUs === null).length;
  const wanted = [...owed.values()].reduce((sum, tails) => sum + Math.max(0, tails), 0);
  let left = wanted - freeTails;
  const cuts: LaneEntry[] = [];
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
 * Lanes that are to move with everything that is open: those of workers that are not to have any, and with `even` also
 * those of workers that hold more than their share. No more than fit elsewhere.
 */
export function lanesToMove(
  seats: readonly Seat[],
  free: readonly LaneEntry[],
  { shardConnections, even }: Sizes & { readonly even: boolean },
): readonly LaneEntry[] {
  const staying = seats.filter(({ stays }) => stays);
  const lanesFor = ({ capacity }: Seat) => Math.floor(capacity / shardConnections);
  const moving = seats.filter(({ empties }) => empties).flatMap(({ held }) => held);
  if (even) {
    const lanes = staying.reduce((sum, { held }) => sum + held.length, 0);
    const shares = quotas(
      staying.map(({ capacity }) => capacity),
      lanes,
      shardConnections,
    );
    for (const [at, { held }] of staying.entries()) moving.push(...held.slice(shares[at] ?? 0));
    return moving;
  }
  const room = staying.reduce(
    (sum, seat) => sum + Math.max(0, lanesFor(seat) - seat.held.length),
    0,
  );
  return moving.slice(0, Math.max(0, room - free.length));
}

/** epoch -> tails it should hold beyond those it holds; negative: it holds too many. */
function tailsOwed(
  staying: readonly Seat[],
  { shards, shardConnections }: Sizes,
): Map<number, number> {
  const targets = quotas(
    staying.map(({ capacity }) => capacity),
    shards,
    shardConnections,
  );
  return new Map(
    staying.map(({ epoch, held }, at) => [epoch, (targets[at] ?? 0) - tailsOf(held).length]),
  );
}

function tailsOf(held: readonly LaneEntry[]): readonly LaneEntry[] {
  return held.filter(({ lane }) => lane.toUs === null);
}

/** The first of the seats with the highest positive value. */
function largest(seats: readonly Seat[], value: (seat: Seat) => number): Seat | null {
  let best: Seat | null = null;
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
