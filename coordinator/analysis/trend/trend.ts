/**
 * A series of runs as a trend: sorted into groups that may be compared, each measure judged from run to run, and the runs that were left
 * out. Pure; called by report/trend-runs.ts. Invariant: only runs of the same load, against the same target, on the same machines follow
 * one another; what is let through is said.
 */
import { amongAll } from "./among-all.ts";
import { judgeRow } from "./judge-row.ts";
import { type RunSummary, TREND_MEASURES, type TrendMeasure } from "./measure.ts";
import {
  TREND_VERDICTS,
  type Trend,
  type TrendDespite,
  type TrendGroup,
  type TrendRow,
  type TrendVerdict,
} from "./outcome.ts";

/** A run as a trend takes it. */
export interface RunPoint {
  readonly run: string;
  readonly name: string;
  /** ISO 8601; null: it never started. */
  readonly startedAt: string | null;
  readonly verdict: "pass" | "fail" | "invalid" | "interrupted" | "stopped";
  /** Why it has that verdict; null for a pass. */
  readonly reason: string | null;
  readonly plan: string;
  readonly target: string;
  readonly environment: string;
  /** What may change from run to run and is told when it does, such as versions. */
  readonly versions: ReadonlyMap<string, string>;
  readonly summary: RunSummary;
}

export interface TrendRequest {
  /** Empty: those that are shown without being asked for. */
  readonly measures: readonly TrendMeasure[];
  readonly despite: ReadonlySet<TrendDespite>;
  /** A measure that is REGRESSED fails. */
  readonly failOnRegressed: boolean;
}

export function trendOf(points: readonly RunPoint[], request: TrendRequest): Trend {
  const { despite } = request;
  const leftOut: Trend["leftOut"][number][] = [];
  const groups = new Map<string, RunPoint[]>();
  const seen = new Set<string>();
  for (const point of points) {
    const why = seen.has(point.run) ? "given twice" : whyLeftOut(point, despite);
    seen.add(point.run);
    if (why !== null) leftOut.push({ run: point.run, why });
    else {
      const key = JSON.stringify([
        point.plan,
        despite.has("target") || point.target,
        despite.has("environment") || point.environment,
      ]);
      groups.set(key, [...(groups.get(key) ?? []), point]);
    }
  }
  const judged = [...groups.values()]
    .map((group) => groupOf(group, request))
    .sort((a, b) => b.runs.length - a.runs.length);
  const verdict = firstOf(judged);
  return {
    schema: 1,
    verdict,
    failed: request.failOnRegressed && verdict === "REGRESSED",
    groups: judged,
    leftOut,
    despite: [...despite],
  };
}

function whyLeftOut(
  { startedAt, verdict, reason }: RunPoint,
  despite: TrendRequest["despite"],
): string | null {
  if (startedAt === null) return "it never started";
  if (verdict === "interrupted" || verdict === "stopped") return "it did not go to its end";
  if (verdict !== "invalid" || despite.has("validity")) return null;
  return `it cannot be trusted${reason === null ? "" : `: ${reason}`}`;
}

function groupOf(points: readonly RunPoint[], { measures }: TrendRequest): TrendGroup {
  const inOrder = [...points].sort((a, b) => startOf(a) - startOf(b));
  const [first] = inOrder as [RunPoint];
  const wanted = measures.length > 0 ? measures : TREND_MEASURES.filter(({ isExtra }) => !isExtra);
  const judged = wanted.flatMap((measure): TrendRow[] => {
    const values = inOrder.map(({ summary }) => measure.read(summary));
    return values.every((value) => value === null) ? [] : [judgeRow(measure, values)];
  });
  const rows = amongAll(judged);
  const { plan, target, environment } = first;
  return {
    ...{ plan, target, environment, rows },
    runs: inOrder.map(({ run, name, startedAt }) => ({ run, name, startedAt: startedAt ?? "" })),
    verdict: firstOf(rows),
    notes: changedVersions(inOrder),
  };
}

function startOf({ startedAt }: RunPoint): number {
  return Date.parse(startedAt ?? "");
}

function firstOf(judged: readonly { readonly verdict: TrendVerdict }[]): TrendVerdict {
  const verdicts = new Set(judged.map(({ verdict }) => verdict));
  return TREND_VERDICTS.find((verdict) => verdicts.has(verdict)) ?? "UNDECIDED";
}

const MAX_NOTES = 20;

/** A change of the generator may look like one of the target. */
function changedVersions(points: readonly RunPoint[]): string[] {
  const notes: string[] = [];
  for (const [at, { run, versions }] of points.entries()) {
    const before = points[at - 1]?.versions;
    for (const [what, version] of before === undefined ? [] : versions) {
      const was = before?.get(what);
      if (was === undefined || was === version) continue;
      notes.push(`Since run ${run} ${what} is ${version}, it was ${was}.`);
    }
  }
  return notes.length <= MAX_NOTES
    ? notes
    : [...notes.slice(0, MAX_NOTES), `… and ${notes.length - MAX_NOTES} more changes of versions.`];
}
