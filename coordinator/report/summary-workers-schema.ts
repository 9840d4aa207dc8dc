/**
 * What summary.json says of workers: those that took part, those that were lost, and what lost ones did too late. Part of
 * summary-schema.ts. Invariant: what is only bounded is said as a bound.
 */
import { z } from "zod";
import { count, ms, quantiles } from "./summary-measures.ts";

export const workerSchema = z.object({
  id: z.string(),
  /** Its incarnation: grows over the life of the cluster. */
  epoch: count,
  end: z.enum(["live", "finished", "lost"]),
  host: z.string(),
  engines: count,
  peakConnections: count,
  /** Mean CPU of the worker process in cores while it reported; null without a frame. */
  cpu: z.number().nullable(),
  loopLagMs: quantiles,
  saturatedSeconds: count,
  /** How late run time began there; null: it never did, or did not say. */
  startSkewMs: ms.nullable(),
  /** Its clock against the bus's: wrong by less than this. */
  clockErrorMs: ms.nullable(),
  /** Frames that were merged although they came after its loss. */
  lateFrames: count,
});

/** What a lost worker may have done unseen, beside what its frames say. */
export const lostWorkerSchema = z.object({
  id: z.string(),
  epoch: count,
  host: z.string(),
  reason: z.string(),
  /** The fault of the scenario that had it lost; absent: none did. */
  fault: z.string().optional(),
  /** Run time when it was recorded; null: before the start. */
  atMs: ms.nullable(),
  /** The last second it reported; null: none. */
  lastSecond: z.int().nullable(),
  connectionsOpen: count,
  /** Connections it may have opened, and messages it may have sent, after its last report; never counted elsewhere. */
  opensAtMost: count,
  messagesAtMost: count,
  /** Slices it held, and whether others took them over. */
  slices: count,
  recovery: z.enum(["none-needed", "open", "recovered", "dropped"]),
  /** Run time left out of the thresholds; null where there is none, to: null for the run's end. */
  disturbed: z.object({ from: ms, to: ms.nullable() }).nullable(),
});

/** What lost workers did, as far as they could still tell, when others had their work: in no other figure. */
export const overrunSchema = z.object({
  frames: count,
  attempted: count,
  established: count,
  closed: count,
  sent: count,
  received: count,
});
