/**
 * How many worker processes and engine threads a run takes on one machine, and how many source addresses.
 * Pure; called by the command line before it starts the local cluster, and by the plan view.
 * As few workers as the open-file limit allows; as many engine threads in all as there are cores to spare.
 * Invariant: the workers' capacity covers every shard, and every worker gets at least one.
 */

import { assert } from "../../shared/assert.ts";
import { OnrushError } from "../../shared/errors.ts";
import { connectionsOf, shardsThatFit } from "../../shared/load/split.ts";

export interface SizingInput {
  /** Most connections open at one time, by plan. */
  readonly connections: number;
  /** S of the plan. */
  readonly shards: number;
  /** Logical processors of this machine. */
  readonly cpus: number;
  /** Open files one process may have. */
  readonly openFiles: number;
  /** Files a worker needs beside its sockets; default: RESERVED_FILES. */
  readonly reservedFiles?: number;
  /** As many workers as somebody asked for, instead of as few as possible. */
  readonly workers?: number;
  /** Workers that may be lost: the others have room for all; default: none. */
  readonly spare?: number;
}

export interface Sizing {
  readonly workers: number;
  readonly enginesPerWorker: number;
  /** Connections each worker may hold: a whole number of shards at the peak. */
  readonly capacityPerWorker: number;
}

/** Code, pipes, event polls of the engine threads, and connections that are still closing. */
export const RESERVED_FILES = 200;
/** More processes than this do not fit into the memory of one machine. */
export const MAX_WORKERS = 256;

/** @throws OnrushError ONRUSH_LIMITS_TOO_LOW when the connections do not fit, with the limit that is needed. */
export function sizeLocalCluster(input: SizingInput): Sizing {
  const { connections, shards, cpus, openFiles, workers: asked, spare = 0 } = input;
  assert(shards > 0 && connections >= 0, "a plan has shards and no fewer than 0 connections");
  const reserved = input.reservedFiles ?? RESERVED_FILES;
  const sizes = { shards, peak: connections };
  const room = shardsThatFit(sizes, openFiles - reserved);
  const needed = room < 1 ? Number.POSITIVE_INFINITY : Math.ceil(shards / room);
  const most = Math.min(asked ?? MAX_WORKERS, MAX_WORKERS, shards);
  if (needed > most) throw tooFewFiles(input, { needed, most, reserved });
  // Dealt in whole shards, fewer workers than asked for may take them all.
  const shardsEach = Math.ceil(shards / (asked === undefined ? needed : most));
  const workers = Math.ceil(shards / shardsEach);
  const shardsAtMost = Math.min(room, Math.ceil(shards / Math.max(1, workers - spare)));
  const enginesEach = Math.max(1, Math.floor(Math.max(1, cpus - 1) / workers));
  return {
    workers,
    enginesPerWorker: Math.min(enginesEach, shardsEach),
    capacityPerWorker: connectionsOf(sizes, Math.max(shardsEach, shardsAtMost)),
  };
}

interface Shortage {
  readonly needed: number;
  readonly most: number;
  readonly reserved: number;
}

function tooFewFiles(input: SizingInput, { needed, most, reserved }: Shortage) {
  const { connections, shards, openFiles, workers: asked } = input;
  const files = connectionsOf({ shards, peak: connections }, Math.ceil(shards / most)) + reserved;
  const raise = `Raise the limit in this shell: ulimit -n ${files} (the hard limit as root, or in /etc/security/limits.conf)`;
  const more = Number.isFinite(needed) && needed <= Math.min(MAX_WORKERS, shards);
  return new OnrushError({
    code: "ONRUSH_LIMITS_TOO_LOW",
    message: `${connections} connections need ${files} open files in each of ${most} worker process${most === 1 ? "" : "es"}, and the limit is ${openFiles}.`,
    remedy:
      asked !== undefined && more
        ? `Use \`onrush run --workers ${needed}\` or more. Or: ${raise}`
        : `${raise}.`,
  });
}

export interface SourceAddressInput {
  /** Most connections to one address and port at one time. */
  readonly connections: number;
  /** First and last port the system gives to outgoing connections. */
  readonly ports: readonly [first: number, last: number];
}

/** Part of the port range that is planned with; the rest is for closed connections that still linger. */
const USABLE_PORTS = 0.9;

/**
 * How many local addresses the connections to one address and port need: a source address and port makes one
 * connection at a time. Loopback targets can be reached from all of 127.0.0.0/8.
 */
export function sourceAddressesNeeded({ connections, ports }: SourceAddressInput): number {
  const usable = usablePorts(ports);
  return Math.max(1, Math.ceil(connections / usable));
}

/** Connections one source address is planned to hold to one address and port. */
export function usablePorts([first, last]: readonly [first: number, last: number]): number {
  const usable = Math.floor((last - first + 1) * USABLE_PORTS);
  assert(usable > 0, `the range of local ports ${first}-${last} is empty`);
  return usable;
}
