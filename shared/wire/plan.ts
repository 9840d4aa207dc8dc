/**
 * The plan document: everything a worker needs to execute shards of a run. The coordinator writes it
 * once to the bus before tickets are offered; workers read it by run id. It holds resolved secrets, so
 * it is never written to disk. Invariant: two plans with the same hash are the same load, secrets included.
 */
import * as z from "zod";
import type { StrictScenario } from "../scenario/strict.ts";
import { count, micros, text } from "./fields.ts";

export const WIRE_VERSION = 4;

export interface PlanDocument {
  readonly version: typeof WIRE_VERSION;
  readonly run: string;
  /** HMAC-SHA-256 over the canonical scenario and the sizes below, hex, under a key of the coordinator's process. */
  readonly hash: string;
  readonly scenario: StrictScenario;
  /** S: shard s holds the connections {i : i mod S = s}. */
  readonly shards: number;
  /** N: all global connection indices are below it. */
  readonly connections: number;
  readonly durationUs: number;
  /** Hosts other than loopback that may be targeted (host or host:port). */
  readonly allowTargets: readonly string[];
  /** After the plan's end: how long replies and closing handshakes may take. */
  readonly drainUs: number;
  /**
   * Sessions that should be open already when a running worker gets their slice (their worker was lost, or they moved)
   * are opened evenly over this time.
   */
  readonly recoverWithinUs: number;
  /** When the bus does not answer: fence after the lease, or go on to the end of the plan. */
  readonly onBusLoss: "fence" | "continue";
}

const MAX_ALLOWED = 1024;

/**
 * The outline of a scenario. What is inside was checked by the coordinator that signed the plan; a scenario of another
 * version of the program is refused by the plan's own version.
 */
const strictScenario = z.custom<StrictScenario>((value) => outline.safeParse(value).success);
const record = z.looseObject({});
const outline = z.looseObject({
  version: z.literal(1),
  name: z.string(),
  seed: z.number(),
  targets: z
    .array(z.looseObject({ url: z.string(), weight: z.number(), label: z.string() }))
    .min(1),
  connect: record,
  phases: z.array(record).min(1),
  messages: record.nullable(),
  secrets: z.array(z.string()),
  vars: record,
  env: record,
  data: record,
  integrity: record,
});

export const planSchema: z.ZodType<PlanDocument> = z.object({
  // Another one is refused by whoever was to work on it, with the reason.
  version: count as z.ZodType<typeof WIRE_VERSION>,
  run: text,
  hash: text,
  scenario: strictScenario,
  shards: z.int().min(1),
  connections: count,
  durationUs: micros,
  allowTargets: z.array(text).max(MAX_ALLOWED),
  drainUs: micros,
  recoverWithinUs: micros,
  onBusLoss: z.enum(["fence", "continue"]),
});
