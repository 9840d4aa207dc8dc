/**
 * From run directories to a comparison, or to the reasons why there is none. Called by `onrush compare`, and by run/run.ts
 * for a run with a baseline. Invariant: runs that differ in what a comparison takes for granted are not compared unless
 * that very difference was let through, and then the comparison says so.
 */
import { OnrushError } from "../../shared/errors.ts";
import {
  differencesBetween,
  identityOf,
  identityOfPlan,
  planDifferences,
  type RunIdentity,
} from "../analysis/compare/comparability.ts";
import type {
  CompareOutcome,
  Difference,
  DifferenceKind,
  RefusedComparison,
} from "../analysis/compare/comparison.ts";
import type { FailRule } from "../analysis/compare/fail-rule.ts";
import { type RunSample, sampleOf } from "../analysis/compare/sample.ts";
import { compareSamples } from "../analysis/compare.ts";
import type { RunFacts } from "../merge/facts.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { rebuildRun } from "./rebuild.ts";
import { runDirectoriesOf } from "./run-directories.ts";

/** Runs a side. All of them are held at once; more would not make an interval that matters narrower. */
export const MAX_RUNS = 50;
/** Of the bootstrap: the same directories give the same comparison. */
const SEED = 1;

export interface CompareRules {
  readonly rules: readonly FailRule[];
  /** A rule nobody can decide fails too. */
  readonly failInconclusive: boolean;
  /** Differences that are let through. */
  readonly despite: ReadonlySet<DifferenceKind>;
}

export interface CompareRequest extends CompareRules {
  /** Each a run directory, or a directory of run directories. */
  readonly baseline: readonly string[];
  readonly candidate: readonly string[];
}

interface LoadedRun {
  readonly identity: RunIdentity;
  readonly sample: RunSample;
}

/**
 * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT for what cannot be read, ONRUSH_USAGE when a run is
 * given twice
 */
export async function compareRuns(request: CompareRequest): Promise<CompareOutcome> {
  const a = await loadRuns(request.baseline);
  const b = await loadRuns(request.candidate);
  return compareLoaded(a, b, request);
}

/** Compares a run that is over with its baseline. @throws OnrushError as compareRuns */
export async function compareWithBaseline(
  fold: RunFold,
  baseline: readonly string[],
  rules: CompareRules,
): Promise<CompareOutcome> {
  return compareLoaded(await loadRuns(baseline), [loadedOf(fold)], rules);
}

/**
 * What speaks against a comparison before the run has begun: its load and target, and whether the baseline can be trusted.
 * @returns empty when nothing does
 * @throws OnrushError as compareRuns
 */
export async function baselineObjections(
  facts: Pick<RunFacts, "run" | "loadHash" | "scenario">,
  baseline: readonly string[],
  despite: ReadonlySet<DifferenceKind>,
): Promise<readonly Difference[]> {
  const runs = (await loadRuns(baseline)).map(({ identity }) => identity);
  const among = differencesBetween(runs, []);
  const found = among.length > 0 ? among : planDifferences(runs, [identityOfPlan(facts)]);
  return found.filter(({ kind }) => !despite.has(kind));
}

function compareLoaded(
  a: readonly LoadedRun[],
  b: readonly LoadedRun[],
  { rules, failInconclusive, despite }: CompareRules,
): CompareOutcome {
  refuseTwins([...a, ...b]);
  const found = differencesBetween(
    a.map(({ identity }) => identity),
    b.map(({ identity }) => identity),
  );
  const objections = found.filter(({ kind }) => !despite.has(kind));
  const sides = { a: a.map(({ sample }) => sample), b: b.map(({ sample }) => sample) };
  if (objections.length > 0) {
    const named = (side: readonly RunSample[]) => side.map(({ run, name }) => ({ run, name }));
    return refusal({ a: named(sides.a), b: named(sides.b) }, objections, rules);
  }
  const options = { rules, strict: failInconclusive, seed: SEED, despite: found };
  return compareSamples(sides, options);
}

/** A comparison that was asked for and did not take place: rules that could not be judged do not hold. */
export function refusal(
  { a, b }: Pick<RefusedComparison, "a" | "b">,
  differences: readonly Difference[],
  rules: readonly FailRule[],
): RefusedComparison {
  return { schema: 1, verdict: "REFUSED", failed: rules.length > 0, a, b, differences };
}

function refuseTwins(runs: readonly LoadedRun[]): void {
  const seen = new Set<string>();
  for (const { identity } of runs) {
    if (seen.has(identity.run)) {
      throw new OnrushError({
        code: "ONRUSH_USAGE",
        message: `run ${identity.run} is given twice: a run cannot be compared with itself`,
        remedy: "give each run once, on one side",
      });
    }
    seen.add(identity.run);
  }
}

async function loadRuns(paths: readonly string[]): Promise<readonly LoadedRun[]> {
  const directories: string[] = [];
  for (const path of paths) directories.push(...(await runDirectoriesOf(path)));
  if (directories.length > MAX_RUNS) {
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: `${directories.length} runs are on one side of the comparison; ${MAX_RUNS} is the most`,
      remedy: "give fewer run directories",
    });
  }
  const runs: LoadedRun[] = [];
  for (const directory of directories) runs.push(loadedOf((await rebuildRun(directory)).fold));
  return runs;
}

function loadedOf(fold: RunFold): LoadedRun {
  return { identity: identityOf(fold), sample: sampleOf(fold) };
}
