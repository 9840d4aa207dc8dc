/**
 * The dictionary of frames: the names of every list whose positions frames carry, in order. It travels once per worker
 * session (WorkerInfo) and once per journal (its header; later builds by an event), and frames name it by its checksum.
 * So two builds whose lists differ, also in the middle or in order, understand each other by name.
 * Invariant: a dictionary that passed the schema is within its bounds, and names nothing twice in a list.
 */
import { crc32 } from "node:zlib";
import * as z from "zod";
import {
  METRICS,
  NAME_COUNTERS,
  PHASE_COUNTERS,
  ROLE_COUNTERS,
  SHARD_FIELDS,
  TARGET_COUNTERS,
  TICK_SERIES,
} from "../../stats/counters.ts";
import { CODED_KINDS } from "../../stats/failure-code.ts";
import { CLOSE_CAUSES, CONNECT_FAILURES, FAILURE_KINDS } from "../../stats/failure-kind.ts";
import { HEALTH_FIELDS } from "./frame.ts";
import { KERNEL_FIELDS } from "./kernel.ts";

/** Names by list; lists that this version does not know are kept, because the checksum is of all. */
export type CounterLists = Readonly<Record<string, readonly string[]>>;

/** This build's. */
export const COUNTER_LISTS = {
  shards: SHARD_FIELDS,
  phases: PHASE_COUNTERS,
  names: NAME_COUNTERS,
  targets: TARGET_COUNTERS,
  roles: ROLE_COUNTERS,
  metrics: METRICS,
  ticks: TICK_SERIES,
  failures: FAILURE_KINDS,
  /** Of the failures, those of attempts to connect: where one that is not known here belongs. */
  connectFailures: CONNECT_FAILURES,
  closes: CLOSE_CAUSES,
  codes: CODED_KINDS,
  health: HEALTH_FIELDS,
  kernel: KERNEL_FIELDS,
} as const satisfies CounterLists;

export type ListName = keyof typeof COUNTER_LISTS;

export const LIST_LIMITS = { lists: 32, names: 256 } as const;

const name = z.string().regex(/^[a-zA-Z][a-zA-Z0-9-]{0,63}$/);
const list = z
  .array(name)
  .max(LIST_LIMITS.names)
  .refine((names) => new Set(names).size === names.length, "names one thing twice");

export const counterListsSchema: z.ZodType<CounterLists> = z
  .record(name, list)
  .refine((lists) => Object.keys(lists).length <= LIST_LIMITS.lists, "has too many lists");

/** What frames name the dictionary by: the same for the same names in the same order, whatever the order of the lists. */
export function checksumOf(lists: CounterLists): number {
  const sorted = Object.entries(lists).sort(([a], [b]) => (a < b ? -1 : 1));
  return crc32(JSON.stringify(sorted));
}
