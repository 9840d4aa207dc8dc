/**
 * The schema of summary.json: what a run comes to, in numbers users script against. The report, the
 * terminal and the comparison read this shape and nothing else. Invariants: times are milliseconds of
 * run time unless the name says otherwise; a measure that was not taken is null, never 0; counts are
 * of the whole run (so that the ledger adds up), distributions of the phases and seconds that count (analysis/judged.ts).
 */
import { z } from "zod";
import { VERDICTS } from "../analysis/verdict.ts";
import { forecastSchema } from "./forecast/forecast-schema.ts";
import { onsetSchema } from "./onsets/onsets-schema.ts";
import { availabilitySchema } from "./summary-availability-schema.ts";
import { checkpointSchema, cleanupSchema, environmentSchema } from "./summary-beside-schema.ts";
import { bottleneckSchema, decisionSchema } from "./summary-decision-schema.ts";
import { faultSchema, outsideSchema } from "./summary-faults-schema.ts";
import { integritySchema } from "./summary-integrity-schema.ts";
import { findingSchema, judgementSchema, thresholdSchema } from "./summary-judged-schema.ts";
import {
  count,
  countOrNull,
  ms,
  quantiles,
  type quantilesSchema,
  share,
} from "./summary-measures.ts";
import { hooksSchema, messageNameSchema, roleSchema } from "./summary-parts-schema.ts";
import { pushSchema } from "./summary-push-schema.ts";
import { lostWorkerSchema, overrunSchema, workerSchema } from "./summary-workers-schema.ts";
import { survivalSchema } from "./survival/survival-schema.ts";

const ledgerSchema = z.object({
  balanced: z.boolean(),
  /** Identity -> left side minus right side; only those that do not hold. */
  differences: z.record(z.string(), z.number()),
});

const validitySchema = z.object({
  valid: z.boolean(),
  /** Plain sentences with the numbers; empty when valid. */
  reasons: z.array(z.string()),
  /** What else a reader should know, e.g. that others stood in for a lost worker. */
  notes: z.array(z.string()),
  /** Checks without an answer, and why: what they measure is within no limit and beyond none. */
  notJudged: z.array(z.string()),
  sendLagMs: quantiles,
  /** sent / planned message slots; null when nothing was planned. */
  deliveredShare: share.nullable(),
  /** Seconds not to be trusted: the generator was saturated, or the load disturbed by a lost worker. */
  maskedSeconds: count,
  /** Those of them that a lost worker disturbed; thresholds leave them out. */
  disturbedSeconds: count,
  ledger: ledgerSchema,
  framesMissing: count,
});

const stagesSchema = z.object({
  /** Resolving a name, once per engine; null where the target is given by address. */
  dnsMs: quantiles,
  tcpMs: quantiles,
  tlsMs: quantiles,
  upgradeMs: quantiles,
});

const connectionsSchema = z.object({
  /** Opens by plan; attempted = planned - never attempted + reconnects. */
  planned: count,
  attempted: count,
  established: count,
  failed: count,
  failedByKind: z.record(z.string(), count),
  closedByCause: z.record(z.string(), count),
  /** Established, and ended otherwise than by the plan or by us; null: recorded by a version that did not count it. */
  dropped: countOrNull,
  /** Refused upgrades by HTTP status, exact whatever the reasons were. */
  failedByStatus: z.record(z.string(), count),
  /** Close frames from the target by code, exact whatever the reasons were. */
  closedByCode: z.record(z.string(), count),
  /** What connections agreed on, "" for none; null when it was not recorded. "other": too many different ones. */
  agreed: z.array(z.object({ protocol: z.string(), extensions: z.string(), count })).nullable(),
  lostWithWorker: count,
  openAtEnd: count,
  /** Highest number open at once in the whole cluster, sampled every 100 ms. */
  peak: countOrNull,
  reconnects: count,
  connectMs: quantiles,
  /** How late the generator started attempts, by its own doing; no part of connectMs. */
  openLagMs: quantiles,
  stages: stagesSchema,
  /** Established to closed, of every connection of the run, excluded phases too; longer than 1 h counts as 1 h. */
  lifetimeMs: quantiles,
});

const messageCounts = {
  /** planned = sent + discarded + skipped. */
  planned: count,
  /** Left this process. */
  sent: count,
  /** Waited in our buffers when their connection ended, and never left; null in runs of versions that did not count them. */
  discarded: countOrNull,
  skipped: count,
  /** Why slots were skipped; sums to `skipped`. */
  skippedBy: z.object({ notOpen: count, behind: count, backpressure: count }),
  received: count,
  /** Messages inside received ones, beyond the first of each; null: frames are not split (`incoming.split`). */
  parts: countOrNull,
  /** Sent messages that expect a reply; matched, rejected, timedOut and unanswered (and corrupt replies) share them out. */
  expected: count,
  /** null: no message expects a reply. */
  matched: countOrNull,
  /** Replies that said their request had failed; null: no reply can say so (`reply.fail`). */
  rejected: countOrNull,
  timedOut: countOrNull,
  unanswered: countOrNull,
  late: countOrNull,
  /** Of late: could also have answered a newer message; null in runs of versions that did not count them. */
  ambiguous: countOrNull,
  unsolicited: count,
  /** Neither a last reply nor unsolicited: more replies to one message, failures, or what else the scenario is about; null in runs of versions that did not count them. */
  recognised: countOrNull,
  /** null: neither a reply is expected nor are messages numbered (integrity.order). */
  lost: countOrNull,
  /** null without integrity.stamp or integrity.order; corrupt without integrity.stamp, leaked without it or integrity.isolation. */
  duplicated: countOrNull,
  reordered: countOrNull,
  corrupt: countOrNull,
  leaked: countOrNull,
  bytesSent: count,
  bytesReceived: count,
  latencyMs: quantiles,
  serviceMs: quantiles,
};

const messagesSchema = z.object({
  ...messageCounts,
  byName: z.record(z.string(), messageNameSchema),
});

const phaseSchema = z.object({
  phase: z.string(),
  excluded: z.boolean(),
  /** Milliseconds of run time. */
  from: ms,
  to: ms,
  connections: z.object({
    attempted: count,
    established: count,
    failed: count,
    closed: count,
    /** Of any phase, dropped in this one; null as above. */
    dropped: countOrNull,
    reconnects: count,
    connectMs: quantiles,
  }),
  messages: z.object({ ...messageCounts, sendLagMs: quantiles }),
});

const failureSampleSchema = z.object({
  connection: count,
  attempt: count,
  atMs: ms,
  ageMs: ms,
  detail: z.string(),
});

const failureSchema = z.object({
  kind: z.string(),
  signature: z.string(),
  count,
  /** Milliseconds of run time, exact to the sample or else to the second. */
  firstSeen: ms,
  lastSeen: ms,
  stage: z.string(),
  /** Whose doing it is; only the target's counts against it. */
  cause: z.enum(["target", "generator", "scenario", "injected"]),
  samples: z.array(failureSampleSchema),
});

const sequenceSchema = z.object({
  /** started = completed + failed + unjudged, and what lost workers had not settled. */
  started: count,
  completed: count,
  failed: count,
  /** We cut them ourselves while they had time left. */
  unjudged: count,
  /** Messages whose sequence was not followed, because too many were; not in started. */
  unfollowed: count,
  /** By kind. Those that fail a sequence add up to failed; afterEnd and orphan count events. */
  violations: z.record(z.string(), count),
  /** From the intended time of the message to the last event, of completed ones. */
  durationMs: quantiles,
  /** From the event before, the first from the intended time of the message. */
  events: z.record(z.string(), quantiles),
  /** How many of each event came, whatever became of their sequence. */
  arrived: z.record(z.string(), count),
});

const capacitySchema = z.object({
  tested: z.number().nullable(),
  knee: z.number().nullable(),
  limit: z.number().nullable(),
  sustainable: z.number().nullable(),
  basis: z.string(),
  /** What gave out where it broke; absent: nothing did, or an older version. */
  bottleneck: bottleneckSchema.optional(),
});

export const summarySchema = z.object({
  schema: z.literal(1),
  run: z.string(),
  name: z.string(),
  verdict: z.enum(VERDICTS),
  exitCode: z.int(),
  /** Why, in one sentence; null for a pass. */
  reason: z.string().nullable(),
  /** Run time began; without it nothing was measured, and no threshold was judged. */
  started: z.boolean(),
  /** The run got little of what it wanted; plain sentences, also the first of validity.notes. */
  warnings: z.array(z.string()),
  /** When run time began; null when the run never got that far. */
  startedAt: z.iso.datetime().nullable(),
  /** Run time that passed, drain included. */
  durationSeconds: z.number().min(0),
  validity: validitySchema,
  connections: connectionsSchema,
  messages: messagesSchema,
  /** By the name of the role; absent: the scenario has none. */
  roles: z.record(z.string(), roleSchema).optional(),
  push: z.record(z.string(), pushSchema),
  sequences: z.record(z.string(), sequenceSchema),
  availability: availabilitySchema.nullable(),
  /** What failed first, in order of time. Absent: no failure of the target left its normal band. */
  onsets: z.array(onsetSchema).optional(),
  /** How long connections lasted. Absent: fewer than 10 ended unplanned, or their ages are not known. */
  survival: survivalSchema.optional(),
  /** When figures reach their limits. Absent: no figure with a limit, nor memory, was looked at, and the generator's own is not forecast to reach its limit. */
  forecasts: z.array(forecastSchema).optional(),
  /** Absent: neither integrity.order nor integrity.isolation, and no leak; or an older version. */
  integrity: integritySchema.optional(),
  /** What the functions of the scenario's hooks took; absent: it has none, or an older version. */
  hooks: hooksSchema.optional(),
  phases: z.array(phaseSchema),
  faults: z.array(faultSchema),
  outside: z.array(outsideSchema),
  /** Absent, each: the scenario has nothing of the kind, or an older version. */
  checkpoints: z.array(checkpointSchema).optional(),
  environment: environmentSchema.optional(),
  cleanup: z.array(cleanupSchema).optional(),
  failures: z.array(failureSchema),
  findings: z.array(findingSchema),
  capacity: capacitySchema.nullable(),
  thresholds: z.array(thresholdSchema),
  workers: z.array(workerSchema),
  lostWorkers: z.array(lostWorkerSchema),
  overrun: overrunSchema,
  /** As `onrush compare --json` prints it; null unless the run was held against a baseline. */
  baseline: z.record(z.string(), z.unknown()).nullable(),
  /** Everything that was judged, in order; the exit code follows from it (docs/validity.md). Absent: an older version. */
  judgements: z.array(judgementSchema).optional(),
  /** What the run says of going live, and what it did not try (docs/reports.md). Absent: an older version. */
  decision: decisionSchema.optional(),
});

export type Summary = z.infer<typeof summarySchema>;
/** A distribution in milliseconds. */
export type Quantiles = z.infer<typeof quantilesSchema>;
export type SummaryFailure = z.infer<typeof failureSchema>;

/** The published JSON Schema of summary.json (draft 2020-12). Unknown keys are allowed: later versions add some. */
export function summaryJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(summarySchema, { io: "input" }),
    title: "Onrush summary.json",
  };
}
