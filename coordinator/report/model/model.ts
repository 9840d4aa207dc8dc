/**
 * The report: everything any format shows of a run, ready to be laid out. Pure: the fold of a journal in, the
 * model out; called when a run is over and by `onrush report`. Sections (outline/sections/) read this and nothing else. Invariant: all numbers are those of summary.json or finer ones of the
 * same fold, so that no two formats can disagree. Text of the target is raw here: sections mark it, renderers escape it.
 */
import type { ExitCode } from "../../../shared/errors.ts";
import { MASK } from "../../../shared/scenario/mask/mask.ts";
import type { RunFacts } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { type RecoveryCurve, recoveryCurves } from "../faults-section.ts";
import { type ForecastChart, forecastCharts } from "../forecast/forecast-summary.ts";
import { buildSummary, foundIn } from "../summary.ts";
import type { Summary } from "../summary-schema.ts";
import { type SurvivalPoint, survivalCurve } from "../survival/survival-summary.ts";
import { shellCommand } from "../text/shell-command.ts";
import { type ModelLevel, searchLevels } from "./capacity.ts";
import { connectionsModel, type ModelConnections } from "./connections.ts";
import { type FailureShare, failureShares } from "./failure-shares.ts";
import { type FailureTables, failureTables } from "./failures.ts";
import { latencyModel, type ModelLatency } from "./latency.ts";
import { type ModelTarget, targetsModel } from "./targets.ts";
import { type ModelTimeline, timelineModel } from "./timeline.ts";

/** The scenario as given, if it is known; what is beyond is cut and said so. */
export const MAX_SCENARIO_CHARS = 64 * 1024;

export interface ReportModel {
  readonly summary: Summary & { readonly exitCode: ExitCode };
  /** Plain sentences about what else happened: notes, a problem's remedy, what was cut from the journal. */
  readonly notes: readonly string[];
  readonly timeline: ModelTimeline;
  readonly latency: ModelLatency;
  readonly connections: ModelConnections;
  readonly failures: FailureTables;
  readonly failureShares: readonly FailureShare[];
  /** Share of connections left at each age, without planned ends; empty where that is not known. */
  readonly survivalCurve: readonly SurvivalPoint[];
  /** Of figures with a forecast. */
  readonly forecastCharts: readonly ForecastChart[];
  /** Of faults that hit connections, in the order of the scenario. */
  readonly recovery: readonly RecoveryCurve[];
  /** Of a run with several targets. */
  readonly targets: readonly ModelTarget[];
  /** Of a search for the limit, in the order they were tried. */
  readonly levels: readonly ModelLevel[];
  readonly workers: readonly ModelWorker[];
  readonly origin: Origin;
}

export type ModelWorker = Summary["workers"][number] & {
  /** Why it was lost; null when it was not. */
  readonly lost: string | null;
  readonly frames: number;
};

/** Where the run comes from and how to do it again. */
export interface Origin {
  readonly seed: number;
  readonly planHash: string;
  readonly connections: number;
  readonly shards: number;
  readonly plannedSeconds: number;
  readonly bus: RunFacts["busKind"];
  readonly versions: RunFacts["versions"];
  readonly createdAt: string;
  readonly targets: readonly string[];
  readonly driver: string;
  /** As written, judged or not. */
  readonly thresholds: readonly { readonly metric: string; readonly rule: string }[];
  /** The command that runs it again, as it is typed into a POSIX shell. */
  readonly commandLine: string;
  /** Options that carry values which are not kept, so the command does not run as it stands. */
  readonly incompleteCommand: boolean;
  /** As given, secrets masked; null when the file is gone. */
  readonly scenarioText: string | null;
  readonly scenarioCutChars: number;
}

/** What the fold does not hold. */
export interface ReportSurroundings {
  /** Content of scenario.yaml, secrets masked. */
  readonly scenarioText: string | null;
  /** Of rebuilding from the directory. */
  readonly notes: readonly string[];
}

export function buildReportModel(fold: RunFold, around: ReportSurroundings): ReportModel {
  const found = foundIn(fold);
  const summary = buildSummary(fold, found);
  return {
    summary,
    notes: notesOf(fold, summary, around.notes),
    timeline: timelineModel(fold),
    latency: latencyModel(fold),
    connections: connectionsModel(fold, summary),
    failures: failureTables(fold),
    failureShares: failureShares(fold),
    survivalCurve: survivalCurve(found.survival),
    forecastCharts: forecastCharts(found.forecasts),
    recovery: recoveryCurves(fold),
    targets: targetsModel(fold),
    levels: searchLevels(fold),
    workers: workersOf(fold, summary),
    origin: originOf(fold, around.scenarioText),
  };
}

function notesOf(fold: RunFold, { validity }: Summary, notes: readonly string[]): string[] {
  const { end, problem } = fold;
  return [
    ...(end ? [`The run was asked to ${end.mode} before its plan was over: ${end.reason}.`] : []),
    ...(problem && problem.remedy !== "" ? [problem.remedy] : []),
    ...notes,
    ...validity.notes,
    ...fold.merge.unreadable,
  ];
}

function workersOf(fold: RunFold, summary: Summary): ModelWorker[] {
  const records = [...fold.merge.workers.values()].sort((a, b) => a.epoch - b.epoch);
  return summary.workers.map((worker, at) => {
    const record = records[at];
    return { ...worker, lost: record?.loss?.reason ?? null, frames: record?.frames.size ?? 0 };
  });
}

function originOf({ facts }: RunFold, scenarioText: string | null): Origin {
  const { scenario, planHash, connections, shards, versions } = facts;
  const command = facts.command ?? ["onrush", "run", "scenario.yaml", "--seed", `${scenario.seed}`];
  return {
    seed: scenario.seed,
    planHash,
    connections,
    shards,
    plannedSeconds: facts.durationUs / 1e6,
    bus: facts.busKind,
    versions,
    createdAt: new Date(facts.createdWallMs).toISOString(),
    targets: scenario.targets.map(({ url }) => url),
    driver: scenario.connect.driver,
    thresholds: scenario.thresholds.map(({ metric, rule }) => ({ metric, rule })),
    commandLine: shellCommand(command),
    incompleteCommand: command.some((word) => word.includes(MASK)),
    scenarioText: scenarioText?.slice(0, MAX_SCENARIO_CHARS) ?? null,
    scenarioCutChars: Math.max(0, (scenarioText?.length ?? 0) - MAX_SCENARIO_CHARS),
  };
}
