/**
 * From run directories and summary.json files to a trend. Called by `onrush trend` and by the API. Invariant: a directory's figures come
 * from its journal by this version, so that all runs of a trend are measured alike; of a summary alone, what it says is taken.
 */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { OnrushError } from "../../shared/errors.ts";
import { environmentOf, identityOfPlan } from "../analysis/compare/comparability.ts";
import { findTrendMeasure, TREND_MEASURES } from "../analysis/trend/measure.ts";
import type { Trend, TrendDespite } from "../analysis/trend/outcome.ts";
import { type RunPoint, trendOf } from "../analysis/trend/trend.ts";
import { runPath } from "../store/run-directory.ts";
import { readOn } from "./rebuild.ts";
import { runDirectoriesOf } from "./run-directories.ts";
import { buildSummary } from "./summary.ts";
import { type Summary, summarySchema } from "./summary-schema.ts";

/** Runs of a trend; the exact intervals go no further. */
const MAX_RUNS = 100;
const MAX_SUMMARY_BYTES = 16 * 1024 * 1024;

export interface TrendOptions {
  /** Ids of measures, such as latency.p99; empty: those of every trend. */
  readonly measures?: readonly string[];
  /** Puts runs into one series although these differ. Default: none. */
  readonly despite?: readonly TrendDespite[];
  /** `failed` is true when a measure is REGRESSED. Default: false. */
  readonly failOnRegressed?: boolean;
}

/**
 * @param paths run directories, directories of such, or summary.json files
 * @throws OnrushError ONRUSH_USAGE for no run, too many, a measure there is none of; ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT for
 * what cannot be read
 */
export async function trendRuns(
  paths: readonly string[],
  { measures = [], despite = [], failOnRegressed = false }: TrendOptions = {},
): Promise<Trend> {
  const wanted = measures.map(measureCalled);
  const found = new Set<string>();
  for (const path of paths) for (const one of await runsAt(path)) found.add(one);
  if (found.size === 0 || found.size > MAX_RUNS) {
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message:
        found.size === 0
          ? "there is no run to take a trend of"
          : `${found.size} runs were given; a trend takes ${MAX_RUNS} at most`,
      remedy: "give run directories, or their summary.json files, such as runs/nightly-*",
    });
  }
  const points: RunPoint[] = [];
  for (const path of found) points.push(await pointOf(path));
  return trendOf(points, { measures: wanted, despite: new Set(despite), failOnRegressed });
}

function measureCalled(name: string) {
  const measure = findTrendMeasure(name);
  if (measure !== null) return measure;
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `no run has a measure "${name}"`,
    remedy: `one of ${TREND_MEASURES.map(({ id }) => id).join(", ")}`,
  });
}

/** Directories with a journal, and summaries without one beside them. */
async function runsAt(path: string): Promise<readonly string[]> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) return runDirectoriesOf(path);
  return [existsSync(runPath.journal(dirname(path))) ? dirname(path) : path];
}

async function pointOf(path: string): Promise<RunPoint> {
  if (!existsSync(runPath.journal(path))) return pointOfSummary(await readSummary(path));
  const { fold } = await readOn(path, null);
  const { loadHash, scenario } = identityOfPlan(fold.facts);
  const environment = environmentOf(fold);
  return {
    ...common(buildSummary(fold)),
    plan: loadHash.slice(0, 16),
    target: told(scenario, (place) => place.startsWith("targets.")),
    environment: told(environment, (fact) => !isVersion(fact)),
    versions: new Map([...environment].filter(([fact]) => isVersion(fact))),
  };
}

function common(summary: Summary) {
  const { run, name, startedAt, verdict, reason } = summary;
  return { run, name, startedAt, verdict, reason, summary };
}

/** Which load and which machines it does not say; what it says has to be the same. */
function pointOfSummary(summary: Summary): RunPoint {
  const { name, phases, capacity, workers } = summary;
  const ends = ({ phase, from, to }: Summary["phases"][number]) =>
    capacity === null ? `${phase} ${from}-${to}` : phase;
  const engines = workers.reduce((sum, worker) => sum + worker.engines, 0);
  return {
    ...common(summary),
    plan: `"${name}", phases ${phases.map(ends).join(", ")}`,
    target: "not recorded",
    environment: `workers ${workers.length}, engines ${engines}`,
    versions: new Map(),
  };
}

function isVersion(fact: string): boolean {
  return /node|onrush/.test(fact);
}

function told(facts: ReadonlyMap<string, string>, isTold: (fact: string) => boolean): string {
  return [...facts]
    .filter(([fact]) => isTold(fact))
    .map(([fact, value]) => `${fact} ${value}`)
    .join(", ");
}

/** @throws OnrushError ONRUSH_RUN_DIRECTORY */
async function readSummary(path: string): Promise<Summary> {
  const refuse = (what: string) =>
    new OnrushError({
      code: "ONRUSH_RUN_DIRECTORY",
      message: `${path} is not a summary this version can read: ${what}`,
      remedy: "give the run's directory: its results are then made from the journal",
    });
  const { size } = await stat(path);
  if (size > MAX_SUMMARY_BYTES) throw refuse(`it has ${size} bytes`);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw refuse("it is no JSON");
  }
  const read = summarySchema.safeParse(content);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw refuse(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}
