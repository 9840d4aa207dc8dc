/**
 * Who gets what: connections to shards, shards to workers. Called by the planner, the dispatcher and
 * engines.
 * Invariant: shard s of S holds exactly {i : i mod S = s}. So the open connections of all shards sum to the
 * plan at every moment, up and down, whatever S is; no rounding exists.
 */
import { assert } from "../assert.ts";

const CONNECTIONS_PER_SHARD = 250;
const MIN_SHARDS = 8;
/** Also the most shards a frame may report on. */
export const MAX_SHARDS = 4096;

/** S for a run of so many connections: a power of two, about one shard per 250 connections. */
export function shardCount(connections: number): number {
  const wanted = Math.max(1, connections / CONNECTIONS_PER_SHARD);
  return Math.min(Math.max(2 ** Math.ceil(Math.log2(wanted)), MIN_SHARDS), MAX_SHARDS);
}

/** The connections of a shard, rising. */
export function* indicesOf(shard: number, shards: number, connections: number): Generator<number> {
  for (let connection = shard; connection < connections; connection += shards) yield connection;
}

/** The connections of a run at its peak, over its shards. */
export interface ShardSizes {
  readonly shards: number;
  /** But for the chance in random stays. */
  readonly peak: number;
}

/** Connections that so many of the shards hold together at the peak, at most: whichever they are. */
export function connectionsOf({ shards, peak }: ShardSizes, count: number): number {
  const each = Math.max(1, Math.floor(peak / shards));
  const larger = Math.max(0, peak - each * shards);
  return count * each + Math.min(count, larger);
}

/** How many of the shards fit into a worker: whichever they are. */
export function shardsThatFit({ shards, peak }: ShardSizes, capacity: number): number {
  const each = Math.max(1, Math.floor(peak / shards));
  const larger = Math.max(0, peak - each * shards);
  if (capacity <= larger * (each + 1)) return Math.floor(capacity / (each + 1));
  return Math.floor((capacity - larger) / each);
}

/**
 * Shards per worker, in proportion to capacity, by largest remainder; ties go to the worker named first. They
 * sum to `shards` exactly (when there is a worker). No worker gets more than fit its capacity unless all
 * together have too little; then all are loaded in proportion beyond it.
 * @param capacities connections each worker can hold.
 * @param shards how many are dealt: all of them, or what is there to be dealt
 */
export function quotas(capacities: readonly number[], shards: number, sizes: ShardSizes): number[] {
  if (capacities.length === 0) return [];
  const sum = capacities.reduce((total, capacity) => total + capacity, 0);
  const share = (capacity: number) =>
    sum > 0 ? (shards * capacity) / sum : shards / capacities.length;
  const limits = capacities.map((capacity) => shardsThatFit(sizes, capacity));
  const room = limits.reduce((total, limit) => total + limit, 0);
  const limitOf = (worker: number) => (room < shards ? Infinity : (limits[worker] ?? 0));
  const ideal = capacities.map(share);
  const given = ideal.map((exact, worker) => Math.min(Math.floor(exact), limitOf(worker)));
  let left = shards - given.reduce((total, quota) => total + quota, 0);
  while (left > 0) {
    const order = [...given.keys()]
      .filter((worker) => (given[worker] ?? 0) < limitOf(worker))
      .sort((a, b) => owed(b) - owed(a) || a - b);
    assert(order.length > 0, "quotas: no worker has room left");
    for (const worker of order.slice(0, left)) {
      given[worker] = (given[worker] ?? 0) + 1;
      left--;
    }
  }
  return given;

  function owed(worker: number): number {
    return (ideal[worker] ?? 0) - (given[worker] ?? 0);
  }
}
