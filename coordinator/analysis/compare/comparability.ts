/**
 * What runs do not have in common, although a comparison takes it for granted: the load, the target, what the generator
 * ran on, and that each run can be trusted. Pure; called before anything is compared.
 * Invariant: what a run directory does not hold (payloads, variables, data) is covered by the hash of the load.
 */
import type { RunFacts } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { judgeRun } from "../judge-run.ts";
import type { Difference, DifferenceKind } from "./comparison.ts";

/** Paths of the scenario that are named; the rest is counted. */
const MAX_NAMED = 20;
const MAX_TEXT = 160;
/** What run directories hold the hash of alone. */
const UNNAMED = "hash of the load, with its payloads, variables and data";
const NOT_RECORDED = "not recorded";

export interface RunIdentity {
  readonly run: string;
  readonly loadHash: string;
  /** Path -> value, as far as a run directory holds the scenario. */
  readonly scenario: ReadonlyMap<string, string>;
  /** Fact -> value. */
  readonly environment: ReadonlyMap<string, string>;
  /** Why it cannot be trusted; empty when it can. */
  readonly invalid: readonly string[];
}

export function identityOf(fold: RunFold): RunIdentity {
  return {
    ...identityOfPlan(fold.facts),
    environment: environmentOf(fold),
    invalid: judgeRun(fold).validity.reasons,
  };
}

/** What a plan says alone: all there is of a run that is still to come. */
export function identityOfPlan(
  facts: Pick<RunFacts, "run" | "loadHash" | "scenario">,
): RunIdentity {
  return {
    run: facts.run,
    loadHash: facts.loadHash,
    scenario: leavesOf(facts.scenario),
    environment: new Map(),
    invalid: [],
  };
}

/** Differences of load and target alone; a run that is still to come has no others. */
export function planDifferences(
  a: readonly RunIdentity[],
  b: readonly RunIdentity[],
): readonly Difference[] {
  const scenario = differing(a, b, (run) => run.scenario).map((found) => ({
    kind: (found.what.startsWith("targets") ? "target" : "scenario") as DifferenceKind,
    ...found,
  }));
  // A difference that can be named is not told twice.
  if (scenario.some(({ kind }) => kind === "scenario")) return shortened(scenario);
  const unnamed = differing(a, b, ({ loadHash }) => new Map([[UNNAMED, loadHash.slice(0, 12)]]));
  return [...shortened(scenario), ...unnamed.map((found) => ({ kind: "plan" as const, ...found }))];
}

export function differencesBetween(
  a: readonly RunIdentity[],
  b: readonly RunIdentity[],
): readonly Difference[] {
  const environment = differing(a, b, (run) => run.environment).map((found) => ({
    kind: "environment" as const,
    ...found,
  }));
  return [...planDifferences(a, b), ...environment, ...untrusted(a, "a"), ...untrusted(b, "b")];
}

function untrusted(runs: readonly RunIdentity[], side: "a" | "b"): Difference[] {
  return runs.flatMap(({ run, invalid }) => {
    const [reason] = invalid;
    if (reason === undefined) return [];
    const found = { kind: "validity", what: `run ${run}`, a: "", b: "" } as const;
    return [{ ...found, [side]: cut(reason, 300) }];
  });
}

type Found = Omit<Difference, "kind">;

/** What is not the same in all runs of both sides. */
function differing(
  a: readonly RunIdentity[],
  b: readonly RunIdentity[],
  of: (run: RunIdentity) => ReadonlyMap<string, string>,
): Found[] {
  const [inA, inB] = [a.map(of), b.map(of)];
  const names = new Set([...inA, ...inB].flatMap((values) => [...values.keys()]));
  const found: Found[] = [];
  for (const what of names) {
    const [valuesA, valuesB] = [inA, inB].map((side) => [
      ...new Set(side.map((values) => values.get(what) ?? "not there")),
    ]) as [string[], string[]];
    if (new Set([...valuesA, ...valuesB]).size <= 1) continue;
    found.push({ what, a: cut(valuesA.join(" | ")), b: cut(valuesB.join(" | ")) });
  }
  return found;
}

function shortened(differences: readonly Difference[]): readonly Difference[] {
  if (differences.length <= MAX_NAMED) return differences;
  const rest = differences.slice(MAX_NAMED);
  // One line for each kind, so that letting one kind through does not hide another.
  const more = [...new Set(rest.map(({ kind }) => kind))].map((kind) => {
    const count = rest.filter((difference) => difference.kind === kind).length;
    return { kind, what: `${count} more`, a: "", b: "" };
  });
  return [...differences.slice(0, MAX_NAMED), ...more];
}

/** What the generator ran on. */
export function environmentOf(fold: RunFold): ReadonlyMap<string, string> {
  const workers = [...fold.merge.workers.values()];
  const each = (of: (worker: (typeof workers)[number]) => string | null | undefined) =>
    [...new Set(workers.map((worker) => of(worker) ?? NOT_RECORDED))].sort().join(", ");
  return new Map([
    ["workers", String(workers.length)],
    ["engines", String(workers.reduce((sum, { engineCount }) => sum + engineCount, 0))],
    ["processor", each(({ machine }) => machine && `${machine.cpuModel} (${machine.cpus})`)],
    ["node of workers", each(({ machine }) => machine?.node)],
    ["onrush of workers", each(({ machine }) => machine?.version)],
    ["node", fold.facts.versions.node],
    ["onrush", fold.facts.versions.onrush],
    ["bus", fold.facts.busKind],
  ]);
}

/** Names, thresholds and outputs do not change what a target sees. */
function leavesOf({ name: _, thresholds: _1, outputs: _2, ...load }: RunFacts["scenario"]) {
  return flattened(load);
}

/** Every leaf of a value by its path: phases.0.to -> 100. */
function flattened(value: unknown): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  const visit = (item: unknown, path: string): void => {
    const children = item !== null && typeof item === "object" ? Object.entries(item) : [];
    if (children.length === 0) leaves.set(path, JSON.stringify(item) ?? "undefined");
    for (const [key, child] of children) visit(child, path === "" ? key : `${path}.${key}`);
  };
  visit(value, "");
  return leaves;
}

function cut(text: string, length = MAX_TEXT): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
