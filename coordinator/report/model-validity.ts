/**
 * Was the generator the limit? The questions validity.ts decides by, each with what was observed beside its limit,
 * also where all is well. Pure; called by model.ts. Invariant: a run is valid exactly when every check has passed
 * and no operating problem was met.
 */
import { GATES, maskedAllowed } from "../analysis/gates.ts";
import { lostWorkers } from "../analysis/losses.ts";
import { maskedIn } from "../analysis/validity.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { formatCount, formatMs, formatSeconds, formatShare, NO_DATA } from "./format.ts";
import type { Summary } from "./summary-schema.ts";

/** A question put to the generator, and its answer. */
export interface ValidityCheck {
  readonly question: string;
  /** What is measured for it. */
  readonly measure: string;
  readonly observed: ValidityValue;
  readonly limit: ValidityValue | null;
  readonly passed: boolean;
}

/** null: there was nothing to measure. */
export type ValidityValue =
  | { readonly unit: "ms" | "share" | "count" | "seconds"; readonly value: number | null }
  | { readonly unit: "word"; readonly value: string };

export function validityChecks(fold: RunFold, summary: Summary): ValidityCheck[] {
  return [...paceChecks(fold, summary), ...capacityChecks(fold), ...recordChecks(fold, summary)];
}

function paceChecks(fold: RunFold, { validity, messages }: Summary): ValidityCheck[] {
  const lag = validity.sendLagMs;
  const lagLimitMs = Math.max(
    GATES.runSendLagP99Us / 1000,
    GATES.runSendLagShare * (messages.latencyMs?.p99 ?? 0),
  );
  const tooFew = (lag?.count ?? 0) < GATES.runSendLagMinCount;
  const behind = messages.planned === 0 ? null : messages.skippedBy.behind / messages.planned;
  const masked = maskedIn(fold);
  const maskedLimit = Math.floor(maskedAllowed(masked.judged));
  return [
    {
      question: "Did messages leave when they were meant to?",
      measure: "send lag p99",
      observed: { unit: "ms", value: lag?.p99 ?? null },
      limit: { unit: "ms", value: lagLimitMs },
      passed: lag === null || tooFew || lag.p99 <= lagLimitMs,
    },
    {
      question: "Was every message sent that could be?",
      measure: "share the generator was too far behind for",
      observed: { unit: "share", value: behind },
      limit: { unit: "share", value: GATES.skippedShare },
      passed: behind === null || behind <= GATES.skippedShare,
    },
    {
      question: "Did its engines keep their own pace?",
      measure: "seconds that broke a gate",
      observed: { unit: "seconds", value: masked.seconds },
      limit: { unit: "seconds", value: maskedLimit },
      passed: masked.seconds <= maskedLimit,
    },
  ];
}

function capacityChecks(fold: RunFold): ValidityCheck[] {
  const { plannedOpens } = fold.facts;
  const { attempted, reconnects } = fold.merge.counters();
  const cutShort = fold.end !== null || fold.state !== "done";
  const never = Math.max(0, plannedOpens - fold.excusedOpens - (attempted - reconnects));
  const share = plannedOpens === 0 || cutShort ? null : never / plannedOpens;
  const own = ownFailures(fold);
  return [
    {
      question: "Was every planned connection attempted?",
      measure: cutShort ? "not judged: the run was cut short" : "share never attempted",
      observed: { unit: "share", value: share },
      limit: { unit: "share", value: GATES.skippedShare },
      passed: share === null || share <= GATES.skippedShare,
    },
    {
      question: "Had it ports, descriptors and memory?",
      measure: "attempts it failed itself",
      observed: { unit: "count", value: own },
      limit: { unit: "count", value: 0 },
      passed: own === 0,
    },
  ];
}

function recordChecks(fold: RunFold, { validity }: Summary): ValidityCheck[] {
  const lost = lostWorkers(fold);
  const alone = lost.filter(({ loss }) => loss.recovery === "open").length;
  const stoodIn = lost.length > alone ? ` (${lost.length - alone} more were stood in for)` : "";
  return [
    {
      question: "Was every shard carried to the end?",
      measure: `workers lost that nobody stood in for${stoodIn}`,
      observed: { unit: "count", value: alone },
      limit: { unit: "count", value: 0 },
      passed: alone === 0,
    },
    {
      question: "Are all results there?",
      measure: "frames missing or unreadable",
      observed: { unit: "count", value: validity.framesMissing },
      limit: { unit: "count", value: 0 },
      passed: validity.framesMissing === 0,
    },
    {
      question: "Do connections and messages add up?",
      measure: "the ledger",
      observed: { unit: "word", value: validity.ledger.balanced ? "balanced" : "does not balance" },
      limit: null,
      passed: validity.ledger.balanced,
    },
    {
      question: "Was there no trouble beside the target?",
      measure: "what kept the run from being done",
      observed: { unit: "word", value: fold.problem?.code ?? "nothing" },
      limit: null,
      passed: fold.problem === null,
    },
    {
      question: "Is the run complete?",
      measure: "state in the journal",
      observed: { unit: "word", value: fold.state },
      limit: null,
      passed: fold.complete,
    },
  ];
}

/** Attempts cut off by the end of the run are no fault. */
function ownFailures({ merge }: RunFold): number {
  const kinds = ["generator-ports", "generator-fds", "generator-memory"] as const;
  return kinds.reduce((sum, kind) => sum + (merge.failures.byKind.get(kind) ?? 0), 0);
}

/** With its unit. */
export function shownValue({ unit, value }: ValidityValue): string {
  if (value === null) return NO_DATA;
  switch (unit) {
    case "ms":
      return formatMs(value);
    case "share":
      return formatShare(value);
    case "seconds":
      return formatSeconds(value);
    case "count":
      return formatCount(value);
    case "word":
      return value;
  }
}
