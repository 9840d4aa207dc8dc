/**
 * Run state documents and the hints that say "look again". A hint may be lost; the document counts:
 * workers read it on every hint and every two seconds. Direction: coordinator -> worker, but for
 * "workers-changed", which says that a worker's session is another than it was.
 */
import * as z from "zod";
import type { Steering } from "../load/steering.ts";
import { MAX_WINDOWS } from "../scenario/fault-windows.ts";
import { MAX_FOR_US, type WorkerEffect } from "../scenario/sections/faults/outside/worker-act.ts";
import type { StrictFault } from "../scenario/strict-fault.ts";
import {
  count,
  epochNumber,
  MAX_LISTED,
  micros,
  problemText,
  sliceNumber,
  text,
} from "./fields.ts";

export const RUN_STATES = [
  "created",
  "offered",
  "ready",
  "running",
  "draining",
  "merging",
  "done",
  "failed",
  "aborted",
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Run time has not begun. */
export function isBeforeStart(state: RunState): boolean {
  return state === "created" || state === "offered" || state === "ready";
}

/** The run is over, and so is everything done for it. */
export function isFinal(state: RunState): boolean {
  return state === "done" || state === "failed" || state === "aborted";
}

export interface RunDocument extends Decided {
  readonly run: string;
  readonly state: RunState;
  /** Start of run time on the bus clock (Bus.time), microseconds; null before the start. */
  readonly startAtUs: number | null;
  /** Set when the run is to end before its plan does: stop drains, abort cuts. */
  readonly end: { readonly mode: "stop" | "abort"; readonly reason: string } | null;
  /** What workers are to hand over; one is taken out when it has been done or its worker is lost. */
  readonly handOvers: readonly HandOver[];
  /** Slices that end before the plan does. They count over what an old ticket says of the slice. */
  readonly cuts: readonly SliceCut[];
  /** What workers are to do to themselves; absent: nothing. Each is taken out when its workers have said that they do it. */
  readonly orders?: readonly WorkerOrder[] | undefined;
}

/** A worker of these epochs does it once, when it reads of it, and says so first (WorkerStatus.obeyed). */
export interface WorkerOrder {
  /** Unique in the run. */
  readonly id: number;
  readonly epochs: readonly number[];
  readonly effect: WorkerEffect;
}

/** How the plan goes on, by what was decided since run time began. Workers follow it from the moments it names. */
export interface Decided {
  /** Of the plan's find-limit phases. */
  readonly steering: readonly Steering[];
  /** All faults as they are by now, those of the plan first; empty: nobody has asked for others. */
  readonly faults: readonly StrictFault[];
}

/** Sessions of the slice that are planned to open at toUs or later are another slice's. */
export interface SliceCut {
  readonly slice: number;
  /** Run time, microseconds. */
  readonly toUs: number;
}

/**
 * A holder is to give work of a slice away. It answers in its status (WorkerStatus.handedOver).
 * unopened: it keeps what it has opened; sessions that open from a moment of its choice on (the answer's fromUs) are
 * not its own any more. all: it also closes what is open, evenly over withinUs and with the cause "migrated", and then
 * releases the slice; who takes the slice next opens what is planned to be open then.
 */
export interface HandOver {
  /** Unique in the run. */
  readonly id: number;
  readonly slice: number;
  /** Who is to act. */
  readonly epoch: number;
  readonly scope: "unopened" | "all";
  readonly withinUs: number;
}

const steeringSchema: z.ZodType<Steering> = z.object({
  phase: count,
  levels: z.array(z.object({ atUs: micros, riseUs: micros, to: z.number() })).max(MAX_LISTED),
  durationUs: micros.nullable(),
});

/** The outline of a fault. What it does was checked by the coordinator that signed it. */
const faultSchema = z.looseObject({
  name: text,
  phase: count,
  offsetUs: micros,
  forUs: micros,
  everyUs: micros,
  times: z.int().min(0).max(MAX_WINDOWS),
  endedUs: micros.nullable(),
  victims: z.looseObject({
    share: z.union([z.number(), z.object({ from: z.number(), to: z.number() })]),
  }),
  act: z.looseObject({ kind: text }),
}) as unknown as z.ZodType<StrictFault>;

const forUs = z.number().min(0).max(MAX_FOR_US);
const effectSchema: z.ZodType<WorkerEffect> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("kill") }),
  z.object({ kind: z.literal("pause"), forUs }),
  z.object({ kind: z.literal("isolate"), forUs }),
  z.object({ kind: z.literal("skew"), forUs, byMs: z.number() }),
]);

export const runDocumentSchema: z.ZodType<RunDocument> = z.object({
  run: text,
  state: z.enum(RUN_STATES),
  startAtUs: micros.nullable(),
  end: z.object({ mode: z.enum(["stop", "abort"]), reason: problemText }).nullable(),
  handOvers: z
    .array(
      z.object({
        id: count,
        slice: sliceNumber,
        epoch: epochNumber,
        scope: z.enum(["unopened", "all"]),
        withinUs: micros,
      }),
    )
    .max(MAX_LISTED),
  steering: z.array(steeringSchema).max(MAX_LISTED),
  faults: z.array(faultSchema).max(MAX_WINDOWS),
  cuts: z.array(z.object({ slice: sliceNumber, toUs: micros })).max(4 * MAX_LISTED),
  orders: z
    .array(
      z.object({ id: count, epochs: z.array(epochNumber).max(MAX_LISTED), effect: effectSchema }),
    )
    .max(MAX_WINDOWS)
    .optional(),
});

/** Topics of hints. The payload is always the run id, or empty. */
export const HINT_TOPICS = [
  "run-changed",
  "tickets-offered",
  "frames-acknowledged",
  "workers-changed",
] as const;
export type HintTopic = (typeof HINT_TOPICS)[number];
