/**
 * Was the generator the limit? The questions validity.ts decides by, each with what was observed beside its limit,
 * also where all is well. Pure; called by model.ts. Invariant: a run that began is valid exactly when no check has failed,
 * and every rule could be judged; a check that was not judged says why, and is never shown as passed.
 */
import { ownFailures } from "../analysis/failures.ts";
import { GATES, maskedAllowed } from "../analysis/gates.ts";
import { type LagGate, openLagGate, sendLagGate } from "../analysis/lag-gates.ts";
import { lostWorkers } from "../analysis/losses.ts";
import { judgeThresholds } from "../analysis/thresholds.ts";
import { maskedIn, type Validity } from "../analysis/validity.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { formatCount, formatMs, formatSeconds, formatShare, NO_DATA } from "./text/format.ts";

/** A question put to the generator, and its answer. */
export interface ValidityCheck {
  readonly question: string;
  /** What is measured for it. */
  readonly measure: string;
  readonly observed: ValidityValue;
  readonly limit: ValidityValue | null;
  readonly outcome: "passed" | "failed" | "not judged";
  /** Why it was not judged; null when it was. */
  readonly why: string | null;
}

/** null: there was nothing to measure. */
export type ValidityValue =
  | { readonly unit: "ms" | "share" | "count" | "seconds"; readonly value: number | null }
  | { readonly unit: "word"; readonly value: string };

export function validityChecks(fold: RunFold, validity: Validity): ValidityCheck[] {
  const checks = [...paceChecks(fold), ...capacityChecks(fold), ...recordChecks(fold, validity)];
  if (fold.began) return checks;
  const why = "the run did not start";
  return checks.map((check) => ({ ...check, outcome: "not judged", why }));
}

/** The answer of a check that was judged. */
function judged(passed: boolean): Pick<ValidityCheck, "outcome" | "why"> {
  return { outcome: passed ? "passed" : "failed", why: null };
}

function notJudged(why: string): Pick<ValidityCheck, "outcome" | "why"> {
  return { outcome: "not judged", why };
}

function lagCheck(
  { p99Us, limitUs, outcome, count, needed }: LagGate,
  text: { readonly question: string; readonly measure: string; readonly noun: string },
): ValidityCheck {
  const { question, measure, noun } = text;
  const why =
    outcome === "not judged"
      ? `${formatCount(count)} of ${formatCount(needed)} ${noun} needed`
      : null;
  return {
    ...{ question, measure, outcome, why },
    observed: { unit: "ms", value: p99Us === null ? null : p99Us / 1000 },
    limit: { unit: "ms", value: limitUs / 1000 },
  };
}

function paceChecks(fold: RunFold): ValidityCheck[] {
  const { planned, skippedBehind } = fold.merge.counters();
  const behind = planned === 0 ? null : skippedBehind / planned;
  const masked = maskedIn(fold);
  const maskedLimit = Math.floor(maskedAllowed(masked.judged));
  return [
    lagCheck(sendLagGate(fold), {
      question: "Did messages leave when they were meant to?",
      measure: "send lag p99",
      noun: "messages",
    }),
    lagCheck(openLagGate(fold), {
      question: "Did connections start when they were meant to?",
      measure: "open lag p99",
      noun: "attempts",
    }),
    {
      question: "Was every message sent that could be?",
      measure: "share the generator was too far behind for",
      observed: { unit: "share", value: behind },
      limit: { unit: "share", value: GATES.skippedShare },
      ...(behind === null
        ? notJudged("no message was planned")
        : judged(behind <= GATES.skippedShare)),
    },
    {
      question: "Did its engines keep their own pace?",
      measure: "seconds that broke a gate",
      observed: { unit: "seconds", value: masked.seconds },
      limit: { unit: "seconds", value: maskedLimit },
      ...(masked.judged === 0
        ? notJudged("no second counts")
        : judged(masked.seconds <= maskedLimit)),
    },
    ...(fold.facts.scenario.thresholds.length === 0 ? [] : [judgeableCheck(fold)]),
  ];
}

function judgeableCheck(fold: RunFold): ValidityCheck {
  const untrusted = judgeThresholds(fold).filter((result) => result.untrusted).length;
  return {
    question: "Could every threshold be judged?",
    measure: "rules whose values are all of seconds that do not count",
    observed: { unit: "count", value: untrusted },
    limit: { unit: "count", value: 0 },
    ...judged(untrusted === 0),
  };
}

function capacityChecks(fold: RunFold): ValidityCheck[] {
  const { plannedOpens } = fold.facts;
  const { attempted, reconnects } = fold.merge.counters();
  const cutShort = fold.end !== null || fold.state !== "done";
  const never = Math.max(0, plannedOpens - fold.excusedOpens - (attempted - reconnects));
  const share = plannedOpens === 0 || cutShort ? null : never / plannedOpens;
  const own = ownFailures(fold.merge).reduce((sum, [, count]) => sum + count, 0);
  return [
    {
      question: "Was every planned connection attempted?",
      measure: "share never attempted",
      observed: { unit: "share", value: share },
      limit: { unit: "share", value: GATES.skippedShare },
      ...(share === null
        ? notJudged(cutShort ? "the run was cut short" : "no connection was planned")
        : judged(share <= GATES.skippedShare)),
    },
    {
      question: "Had it ports, descriptors and memory?",
      measure: "attempts it failed itself",
      observed: { unit: "count", value: own },
      limit: { unit: "count", value: 0 },
      ...judged(own === 0),
    },
  ];
}

function recordChecks(fold: RunFold, validity: Validity): ValidityCheck[] {
  const lost = lostWorkers(fold);
  const alone = lost.filter(({ loss }) => loss.recovery === "open").length;
  const stoodIn = lost.length > alone ? ` (${lost.length - alone} more were replaced)` : "";
  return [
    {
      question: "Was every shard carried to the end?",
      measure: `lost workers that were not replaced${stoodIn}`,
      observed: { unit: "count", value: alone },
      limit: { unit: "count", value: 0 },
      ...judged(alone === 0),
    },
    {
      question: "Are all results there?",
      measure: "frames missing or unreadable",
      observed: { unit: "count", value: validity.framesMissing },
      limit: { unit: "count", value: 0 },
      ...judged(validity.framesMissing === 0),
    },
    {
      question: "Do connections and messages add up?",
      measure: "the ledger",
      observed: { unit: "word", value: validity.ledger.balanced ? "balanced" : "does not balance" },
      limit: null,
      ...judged(validity.ledger.balanced),
    },
    {
      question: "Was there no trouble beside the target?",
      measure: "what kept the run from being done",
      observed: { unit: "word", value: fold.problem?.code ?? "nothing" },
      limit: null,
      ...judged(fold.problem === null),
    },
    {
      question: "Is the run complete?",
      measure: "state in the journal",
      observed: { unit: "word", value: fold.state },
      limit: null,
      ...judged(fold.complete),
    },
  ];
}

/** What a check's limit, or why it has no answer, is shown as: "at most 20 ms", "not judged: 74 of 1,000 messages needed". */
export function boundText({ limit, outcome, why }: ValidityCheck): string {
  const bound = limit === null ? "" : `at most ${shownValue(limit)}`;
  return outcome === "not judged" && why !== null ? `not judged: ${why}` : bound;
}

/** "send lag p99: 74 of 1,000 messages needed" for each check without an answer. */
export function notJudgedTexts(checks: readonly ValidityCheck[]): string[] {
  return checks.flatMap(({ measure, outcome, why }) =>
    outcome === "not judged" ? [`${measure}: ${why}`] : [],
  );
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
