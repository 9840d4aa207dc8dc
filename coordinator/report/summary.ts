/**
 * The summary: what a run came to, as summary.json holds it. Pure: the fold of a journal in, the summary out, so
 * that a live run and `onrush report` agree to the byte. Invariant: what it returns obeys the schema.
 */
import type { ExitCode } from "../../shared/errors.ts";
import type { CompareOutcome } from "../analysis/compare/comparison.ts";
import { decide } from "../analysis/decision/decision.ts";
import { forecastsOf, type RunForecast } from "../analysis/forecast/forecasts.ts";
import { judgeRun, type RunJudgement } from "../analysis/judge-run.ts";
import { judgedHistogram, phasesThatCount } from "../analysis/judged.ts";
import type { Judgement } from "../analysis/judgement.ts";
import { judgeCapacity } from "../analysis/search/capacity.ts";
import { type Survival, survivalOf } from "../analysis/survival/survival.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { availabilitySection } from "./availability-section.ts";
import { besideSection } from "./beside-section.ts";
import { faultsSection } from "./faults-section.ts";
import { forecastSection } from "./forecast/forecast-summary.ts";
import { integritySection } from "./integrity-section.ts";
import { onsetsSection } from "./onsets/onsets-summary.ts";
import { outsideSection } from "./outside-section.ts";
import { pushSection } from "./push-section.ts";
import { quantilesOrNull } from "./quantiles.ts";
import { sequencesSection } from "./sequence-sections.ts";
import type { SummaryDecision } from "./summary-decision-schema.ts";
import { hooksSection } from "./summary-hooks.ts";
import type {
  SummaryFinding,
  SummaryJudgement,
  SummaryThreshold,
} from "./summary-judged-schema.ts";
import { rolesSection } from "./summary-roles.ts";
import type { Summary } from "./summary-schema.ts";
import {
  connectionsSection,
  failuresSection,
  messagesSection,
  phasesSection,
} from "./summary-sections.ts";
import { survivalSection } from "./survival/survival-summary.ts";
import { didNotStart, verdictMeaning, verdictReasons } from "./text/verdict-text.ts";
import { lostWorkersSection, workersSection } from "./worker-sections.ts";

/** What the report has more of than the summary. */
export interface Found {
  readonly survival: Survival | null;
  readonly forecasts: readonly RunForecast[];
}

export function foundIn(fold: RunFold): Found {
  return { survival: survivalOf(fold), forecasts: forecastsOf(fold) };
}

/** @param found in the fold, where it is known already */
export function buildSummary(
  fold: RunFold,
  { survival, forecasts }: Found = foundIn(fold),
): Summary & { readonly exitCode: ExitCode } {
  const judgement = judgeRun(fold);
  const { judgements, validity, verdict, exitCode } = judgement;
  // Written by this program, and behind the journal's checksum.
  const comparison = fold.comparison as CompareOutcome | null;
  const judged = {
    verdict,
    started: fold.began,
    thresholds: judgements.flatMap(thresholdRow),
    validity: validitySection(fold, validity, judgements),
    baseline: comparison && { ...comparison },
    warnings: [...validity.warnings],
    findings: judgements.flatMap(findingRow),
  };
  return {
    schema: 1,
    run: fold.facts.run,
    name: fold.facts.scenario.name,
    verdict,
    exitCode,
    reason: reasonOf(judged),
    started: judged.started,
    warnings: judged.warnings,
    startedAt: fold.startWallMs === null ? null : new Date(fold.startWallMs).toISOString(),
    durationSeconds: durationSeconds(fold),
    validity: judged.validity,
    connections: connectionsSection(fold, validity),
    messages: messagesSection(fold),
    ...rolesSection(fold),
    push: pushSection(fold),
    sequences: sequencesSection(fold),
    availability: availabilitySection(fold),
    ...onsetsSection(fold),
    ...survivalSection(fold, survival),
    ...forecastSection(forecasts),
    ...integritySection(fold),
    ...hooksSection(fold),
    phases: phasesSection(fold),
    faults: faultsSection(fold),
    outside: outsideSection(fold),
    ...besideSection(fold),
    failures: failuresSection(fold),
    findings: judged.findings,
    capacity: capacitySection(fold),
    thresholds: judged.thresholds,
    workers: workersSection(fold),
    lostWorkers: lostWorkersSection(fold),
    overrun: { frames: fold.merge.overrun.frames, ...fold.merge.overrun.counters },
    baseline: judged.baseline,
    judgements: judgements.map(judgementRow),
    decision: decisionSection(fold, judgement),
  };
}

function capacitySection(fold: RunFold): Summary["capacity"] {
  const capacity = judgeCapacity(fold);
  if (capacity?.bottleneck === undefined) return capacity as Summary["capacity"];
  const { bottleneck } = capacity;
  return { ...capacity, bottleneck: { ...bottleneck, evidence: [...bottleneck.evidence] } };
}

function decisionSection(fold: RunFold, judgement: RunJudgement): SummaryDecision {
  const { risks, ...decision } = decide(fold, judgement);
  return { ...decision, risks: [...risks] };
}

/** The first of its reasons, and in front of it that nothing has begun. */
function reasonOf(judged: Parameters<typeof verdictReasons>[0]): string | null {
  const [first] = verdictReasons(judged);
  if (judged.verdict === "pass") return null;
  if (first === undefined) return verdictMeaning(judged);
  return didNotStart(judged) ? `The run did not start: ${first}` : first;
}

/** Run time until the last result was in; what was recorded, when the run did not get that far. */
function durationSeconds(fold: RunFold): number {
  const endedUs = fold.endedUs ?? fold.merge.timeline.length * 1_000_000;
  return Math.max(0, Math.round(endedUs / 1000) / 1000);
}

function validitySection(
  fold: RunFold,
  validity: RunJudgement["validity"],
  judgements: readonly Judgement[],
): Summary["validity"] {
  const sendLag = { metric: "sendLag", phases: phasesThatCount(fold), names: null } as const;
  return {
    valid: validity.valid,
    reasons: [...validity.reasons],
    notes: [...validity.notes],
    notJudged: judgements.flatMap(notJudgedText),
    sendLagMs: quantilesOrNull(judgedHistogram(fold, sendLag)),
    deliveredShare: validity.deliveredShare,
    maskedSeconds: validity.maskedSeconds,
    disturbedSeconds: validity.disturbedSeconds,
    ledger: {
      balanced: validity.ledger.balanced,
      differences: { ...validity.ledger.differences },
    },
    framesMissing: validity.framesMissing,
  };
}

/** "send lag p99: 74 of 1,000 messages needed" */
function notJudgedText({ kind, outcome, observed, evidence }: Judgement): string[] {
  if (kind !== "validity" || outcome !== "not-judged") return [];
  return [`${observed.measure}: ${evidence[0]?.sentence}`];
}

function judgementRow(judgement: Judgement): SummaryJudgement {
  const { id, kind, question, scope, observed, limit, outcome, sentence, exitCode } = judgement;
  const evidence = judgement.evidence.map((part) => ({
    sentence: part.sentence,
    seconds: part.seconds.map(([from, to]) => ({ from, to })),
  }));
  const answer = { observed, limit, outcome, sentence, evidence, exitCode };
  return { id, kind, question, scope, ...answer };
}

/** Findings are made in analysis/findings/. */
function findingRow({ finding, sentence, evidence }: Judgement): SummaryFinding[] {
  if (finding === null) return [];
  const { cause: id, locus, confidence, probability = null, basis, against } = finding;
  const next = { nextProbe: finding.nextProbe, ...(finding.probe && { probe: finding.probe }) };
  const sentences = evidence.map((part) => part.sentence);
  const cause = { ...(id !== undefined && { id }), locus, cause: sentence, confidence };
  const shown = { ...cause, probability, basis, evidence: sentences };
  return [{ ...shown, against: [...against], ...next }];
}

/** The scenario's thresholds, and of the rules of every run those that are broken. */
function thresholdRow(judgement: Judgement): SummaryThreshold[] {
  const { kind, rule, observed, limit, outcome, evidence } = judgement;
  if (rule === null || (kind === "implied" && outcome !== "fail")) return [];
  if (limit === null || typeof observed.value === "string") return [];
  return [
    {
      metric: rule.metric,
      rule: rule.rule,
      observed: observed.value,
      limit: limit.value,
      passed: outcome === "pass",
      reason: evidence[0]?.sentence ?? null,
    },
  ];
}
