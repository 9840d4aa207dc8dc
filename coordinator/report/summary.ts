/**
 * The summary: what a run came to, as summary.json holds it. Pure: the fold of a journal in, the summary out, so
 * that a live run and `onrush report` agree to the byte. Invariant: what it returns obeys the schema.
 */
import type { ExitCode } from "../../shared/errors.ts";
import type { CompareOutcome } from "../analysis/compare/comparison.ts";
import { brokenImpliedRules } from "../analysis/implied.ts";
import { judgeCapacity } from "../analysis/search/capacity.ts";
import { judgeThresholds, shownValue, type ThresholdResult } from "../analysis/thresholds.ts";
import { judgeValidity, type Validity } from "../analysis/validity.ts";
import { judge } from "../analysis/verdict.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { notJudgedTexts, validityChecks } from "./model-validity.ts";
import { quantilesOrNull } from "./quantiles.ts";
import type { Summary, SummaryFinding, SummaryThreshold } from "./summary-schema.ts";
import {
  connectionsSection,
  failuresSection,
  messagesSection,
  phasesSection,
} from "./summary-sections.ts";
import { didNotStart, verdictMeaning, verdictReasons } from "./text/verdict-text.ts";
import { lostWorkersSection, workersSection } from "./worker-sections.ts";

export function buildSummary(fold: RunFold): Summary & { readonly exitCode: ExitCode } {
  const validity = judgeValidity(fold);
  const thresholds = [...judgeThresholds(fold), ...brokenImpliedRules(fold)];
  // Written by this program, and behind the journal's checksum.
  const comparison = fold.comparison as CompareOutcome | null;
  const { verdict, exitCode } = judge({
    complete: fold.complete,
    began: fold.began,
    end: fold.end,
    problem: fold.problem,
    valid: validity.valid,
    thresholdsPassed: thresholds.every(({ passed }) => passed) && comparison?.failed !== true,
  });
  const judged = {
    verdict,
    started: fold.began,
    thresholds: thresholds.map(thresholdRow),
    validity: validitySection(fold, validity),
    baseline: comparison && { ...comparison },
    warnings: [...validity.warnings],
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
    push: {},
    sequences: {},
    availability: null,
    phases: phasesSection(fold),
    faults: [],
    failures: failuresSection(fold),
    findings: saturationFinding(validity),
    capacity: judgeCapacity(fold),
    thresholds: judged.thresholds,
    workers: workersSection(fold),
    lostWorkers: lostWorkersSection(fold),
    overrun: { frames: fold.merge.overrun.frames, ...fold.merge.overrun.counters },
    baseline: judged.baseline,
  };
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

function validitySection(fold: RunFold, validity: Validity): Summary["validity"] {
  return {
    valid: validity.valid,
    reasons: [...validity.reasons],
    notes: [...validity.notes],
    notJudged: notJudgedTexts(validityChecks(fold, validity)),
    sendLagMs: quantilesOrNull(validity.sendLag),
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

/** When the generator is to blame, the report says so before anybody looks at the server. */
function saturationFinding({ saturation }: Validity): SummaryFinding[] {
  if (saturation.length === 0) return [];
  return [
    {
      locus: "generator",
      cause: "The load generator could not keep up with its own plan.",
      confidence: "certain",
      basis: "The generator's own clocks, counters and processor time; no figure of the target's.",
      evidence: [...saturation],
      against: [],
      nextProbe:
        "Give the generator a machine or cores of its own, add workers, or lower the load, and run again.",
    },
  ];
}

function thresholdRow(result: ThresholdResult): SummaryThreshold {
  const { threshold, observed, passed, reason } = result;
  return {
    metric: threshold.metric,
    rule: threshold.rule,
    observed: observed === null ? null : shownValue(threshold, observed),
    limit: shownValue(threshold, threshold.limit),
    passed,
    reason,
  };
}
