/**
 * Onrush from TypeScript: what `import … from "onrush"` gives, and nothing else of the package is public. Called by programs
 * of users; described in docs/api.md. Invariants: the results are those of the commands; the process belongs to the caller:
 * no exit, no signal handler, no output, no look at the environment; what goes wrong around a run is an OnrushError with a
 * code of docs/cli.md. Each function loads what it needs when it is called.
 */
import { assert } from "../shared/assert.ts";
import { OnrushError } from "../shared/errors.ts";
import type { Issue } from "../shared/scenario/issue.ts";
import type { CompareOutcome } from "./analysis/compare/comparison.ts";
import type { Trend } from "./analysis/trend/outcome.ts";
import type { CompareOptions } from "./api/compare-options.ts";
import type { RunHistogram } from "./api/histograms.ts";
import { LiveRun, type Run } from "./api/live-run.ts";
import type { Estimate, Resources, ScenarioPlan } from "./api/planning.ts";
import type { Report } from "./api/remake-report.ts";
import type { RunOptions } from "./api/run-options.ts";
import {
  ScenarioError,
  type ScenarioOptions,
  type ScenarioSource,
  validScenario,
} from "./api/scenario-source.ts";
import type { Summary } from "./report/summary-schema.ts";
import type { TrendOptions } from "./report/trend-runs.ts";

export type { ErrorCode, ExitCode } from "../shared/errors.ts";
export type { ScenarioInput } from "../shared/scenario/schema.ts";
export type { Metric } from "../shared/stats/counters.ts";
export type { RunResult } from "./api/live-run.ts";
export type { RunBus } from "./api/run-options.ts";
export type { PlannedMessages, PlannedPhase } from "./launch/plan/plan-figures.ts";
export type { UrlLoad } from "./launch/scenario/bare-url.ts";
export type { LiveView } from "./live/view.ts";
export type { RunEvent } from "./store/event.ts";
export type {
  CompareOptions,
  CompareOutcome,
  Estimate,
  Issue,
  Report,
  Resources,
  Run,
  RunHistogram,
  RunOptions,
  ScenarioOptions,
  ScenarioPlan,
  ScenarioSource,
  Summary,
  Trend,
  TrendOptions,
};
export { OnrushError, ScenarioError };

/**
 * Starts a run, on worker processes of its own or on the workers of a bus. Await it for its result, iterate it for its views.
 * Rejects when nothing could be started; a run that began has a result, whatever happened to it.
 */
export function run(scenario: ScenarioSource, options: RunOptions = {}): Run {
  return new LiveRun(scenario, options);
}

/** A scenario that is one, or everything that is wrong with it. */
export type Validation =
  | {
      readonly valid: true;
      readonly name: string;
      readonly peakConnections: number;
      readonly durationSeconds: number;
    }
  | { readonly valid: false; readonly issues: readonly Issue[] };

/** As `onrush validate`. @throws OnrushError when the scenario cannot be read */
export async function validate(
  scenario: ScenarioSource,
  options: ScenarioOptions = {},
): Promise<Validation> {
  try {
    const { scenario: strict, size } = await validScenario(scenario, options, { withSize: true });
    assert(size !== null, "the size of a load that was asked for");
    const { peakConnections, durationSeconds } = size;
    return { valid: true, name: strict.name, peakConnections, durationSeconds };
  } catch (error) {
    if (error instanceof ScenarioError) return { valid: false, issues: error.issues };
    if (!(error instanceof OnrushError) || error.code !== "ONRUSH_SCENARIO_INVALID") throw error;
    // The load as a whole: it has no place in the text.
    const { message: what, remedy: hint } = error;
    const issue = { file: "scenario", line: 0, column: 0, path: "load", what, hint };
    return { valid: false, issues: [issue] };
  }
}

/** As `onrush explain`: the scenario with every default filled in, as YAML. @throws ScenarioError, OnrushError */
export async function explain(
  scenario: ScenarioSource,
  options: ScenarioOptions = {},
): Promise<string> {
  const valid = await validScenario(scenario, options);
  const explaining = await import("./launch/scenario/explain.ts");
  return explaining.explain(valid);
}

/** As `onrush plan`: what a scenario would do, wherever it runs. @throws ScenarioError, OnrushError */
export async function plan(
  scenario: ScenarioSource,
  options: ScenarioOptions = {},
): Promise<ScenarioPlan> {
  const valid = await validScenario(scenario, options);
  const { planOf } = await import("./api/planning.ts");
  return planOf(valid);
}

/** How long a run of the scenario takes. @throws ScenarioError, OnrushError */
export async function estimate(
  scenario: ScenarioSource,
  options: ScenarioOptions = {},
): Promise<Estimate> {
  const valid = await validScenario(scenario, options);
  const { estimateOf } = await import("./api/planning.ts");
  return estimateOf(valid);
}

/**
 * What a run of the scenario takes on this machine: workers, open files, ports, memory.
 * @throws ScenarioError; OnrushError ONRUSH_LIMITS_TOO_LOW when it does not fit
 */
export async function resources(
  scenario: ScenarioSource,
  options: ScenarioOptions & { readonly workers?: number | "auto" } = {},
): Promise<Resources> {
  const valid = await validScenario(scenario, options);
  const { resourcesOf } = await import("./api/planning.ts");
  return resourcesOf(valid, options.workers ?? "auto");
}

/**
 * As `onrush report`: makes the results of a run again, also when its process was killed.
 * @param formats as `--out`: "md", "junit=reports/junit.xml"; report.html and summary.json are always written
 * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT, ONRUSH_PDF_UNAVAILABLE, ONRUSH_USAGE
 */
export async function report(
  runDirectory: string,
  formats: readonly string[] = [],
): Promise<Report> {
  const { remakeReport } = await import("./api/remake-report.ts");
  return remakeReport(runDirectory, formats);
}

/**
 * The histograms of a run, by metric, phase and name of the message, as objects of hdr-histogram-js, in microseconds. Add
 * them up for wider ones.
 * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT
 */
export async function histograms(runDirectory: string): Promise<readonly RunHistogram[]> {
  const { histogramsOf } = await import("./api/histograms.ts");
  return histogramsOf(runDirectory);
}

/**
 * As `onrush compare --json`. Each side is a run directory, a directory of such, or several of them.
 * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT, ONRUSH_USAGE
 */
export async function compare(
  baseline: string | readonly string[],
  candidate: string | readonly string[],
  options: CompareOptions = {},
): Promise<CompareOutcome> {
  const { rulesOf } = await import("./api/compare-options.ts");
  const { compareRuns } = await import("./report/compare-runs.ts");
  return compareRuns({
    baseline: [baseline].flat(),
    candidate: [candidate].flat(),
    ...rulesOf(options),
  });
}

/**
 * As `onrush trend --json`. Each path is a run directory, a directory of such, or a summary.json.
 * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT, ONRUSH_USAGE
 */
export async function trend(
  runs: string | readonly string[],
  options: TrendOptions = {},
): Promise<Trend> {
  const { trendRuns } = await import("./report/trend-runs.ts");
  return trendRuns([runs].flat(), options);
}

/**
 * A summary as text for people, without colour: as a run prints it at its end, or "full", with its tables. What a summary
 * does not hold, such as charts over time, is in `report` alone.
 */
export async function summarise(
  summary: Summary,
  detail: "compact" | "full" = "compact",
): Promise<string> {
  const { summaryText } = await import("./cli/terminal/report-text.ts");
  const { makeStyle } = await import("./cli/terminal/style.ts");
  return summaryText({ summary }, detail, { style: makeStyle(false) });
}
