/**
 * Goal: over many runs a lasting change is found with its first run, noise and what was undone are not, and runs that are not comparable
 * never follow one another. Method: series of synthetic summaries with seeded noise.
 */
import { describe, expect, test } from "vitest";
import {
  findTrendMeasure,
  type RunSummary,
} from "../../../../coordinator/analysis/trend/measure.ts";
import { type RunPoint, trendOf } from "../../../../coordinator/analysis/trend/trend.ts";
import { normal } from "../stats/noise.ts";

const REQUEST = { measures: [], despite: new Set<never>(), failOnRegressed: true };

function summary(p99: number, failed = 0, received = 1000): RunSummary {
  const all = { p50: 10, p75: 10, p90: 10, p95: 10, p99, p999: p99, p9999: p99 };
  return {
    durationSeconds: 10,
    connections: {
      attempted: 1000,
      established: 1000 - failed,
      failed,
      dropped: 0,
      connectMs: all,
    },
    messages: {
      ...{ sent: 1000, received, expected: 1000, timedOut: 0, unanswered: 0 },
      ...{ latencyMs: all, serviceMs: all },
    },
    capacity: null,
  };
}

function point(at: number, of: RunSummary, change: Partial<RunPoint> = {}): RunPoint {
  return {
    run: `run-${at}`,
    name: "nightly",
    startedAt: new Date(Date.UTC(2026, 0, 1 + at)).toISOString(),
    ...{ verdict: "pass", reason: null, plan: "a", target: "t", environment: "e" },
    versions: new Map([["onrush", "1.0.0"]]),
    summary: of,
    ...change,
  };
}

/** Two per cent of noise on each level. */
const series = (levels: readonly number[]) =>
  levels.map((level, at) => level * Math.exp(0.02 * normal(11, 0, at)));
const repeated = (level: number, count: number) => Array<number>(count).fill(level);

function p99Row(levels: readonly number[]) {
  const points = series(levels).map((p99, at) => point(at, summary(p99)));
  const trend = trendOf(points, { ...REQUEST, measures: [findTrendMeasure("p99")!] });
  return { trend, row: trend.groups[0]!.rows[0]! };
}

describe("a measure from run to run", () => {
  test("a step up is REGRESSED, and its first run is named", () => {
    const { trend, row } = p99Row([...repeated(100, 9), ...repeated(120, 6)]);
    expect(row).toMatchObject({ measure: "latency.p99", verdict: "REGRESSED", since: 9 });
    expect(row.levels.map(({ from, to }) => [from, to])).toEqual([
      [0, 8],
      [9, 14],
    ]);
    expect(row.changes[0]!.low).toBeGreaterThan(0.05);
    expect(row.changes[0]!.change).toBeCloseTo(0.2, 1);
    expect(trend).toMatchObject({ verdict: "REGRESSED", failed: true });
  });

  test("a step that was undone is history", () => {
    const { trend, row } = p99Row([...repeated(100, 8), ...repeated(150, 8), ...repeated(100, 8)]);
    expect(row.changes.map(({ at, verdict, stands }) => [at, verdict, stands])).toEqual([
      [8, "REGRESSED", false],
      [16, "IMPROVED", true],
    ]);
    expect(row.verdict).not.toBe("REGRESSED");
    expect(trend.failed).toBe(false);
  });

  test("a rise all along is a drift, not steps", () => {
    const { row } = p99Row(Array.from({ length: 20 }, (_, at) => 100 * 1.03 ** at));
    expect(row).toMatchObject({ verdict: "REGRESSED", changes: [] });
    expect(row.drift?.perRun).toBeCloseTo(0.03, 2);
    // From the third run on it is beyond 5 %.
    expect(row.since).toBe(2);
  });

  test("noise is STEADY, a change within the margin is no regression", () => {
    expect(p99Row(repeated(100, 20)).row.verdict).toBe("STEADY");
    expect(p99Row([...repeated(100, 10), ...repeated(103, 10)]).row.verdict).toBe("STEADY");
  });

  test("nine runs decide nothing", () => {
    const { row } = p99Row([...repeated(100, 4), ...repeated(200, 5)]);
    expect(row).toMatchObject({ verdict: "UNDECIDED", changes: [], since: null });
    expect(row.reason).toBe("9 of the 10 runs it takes");
  });

  test("less throughput and more failures are worse, too", () => {
    const points = Array.from({ length: 14 }, (_, at) =>
      point(at, summary(100, at < 7 ? at % 2 : 20 + (at % 3), at < 7 ? 1000 + at : 900 - at)),
    );
    const { rows } = trendOf(points, REQUEST).groups[0]!;
    const of = (measure: string) => rows.find((row) => row.measure === measure);
    expect(of("connect.failed")).toMatchObject({ verdict: "REGRESSED", since: 7 });
    expect(of("messages.received")).toMatchObject({ verdict: "REGRESSED", since: 7 });
    expect(of("messages.sent")).toMatchObject({ verdict: "STEADY" });
    expect(of("capacity.sustainable")).toBeUndefined();
  });
});

describe("runs", () => {
  test("are put in the order of their starts", () => {
    const points = [2, 0, 1].map((at) => point(at, summary(100)));
    const { runs } = trendOf(points, REQUEST).groups[0]!;
    expect(runs.map(({ run }) => run)).toEqual(["run-0", "run-1", "run-2"]);
  });

  test("of other plans, targets or machines are groups of their own, unless let through", () => {
    const points = [
      point(0, summary(100)),
      point(1, summary(100)),
      point(2, summary(100), { plan: "b" }),
      point(3, summary(100), { target: "u" }),
      point(4, summary(100), { environment: "f" }),
    ];
    const sizes = (despite: readonly ("target" | "environment")[]) =>
      trendOf(points, { ...REQUEST, despite: new Set(despite) }).groups.map(
        ({ runs }) => runs.length,
      );
    expect(sizes([])).toEqual([2, 1, 1, 1]);
    expect(sizes(["target", "environment"])).toEqual([4, 1]);
  });

  test("that cannot be trusted, were cut short or given twice are left out by name", () => {
    const points = [
      point(0, summary(100)),
      point(0, summary(100)),
      point(1, summary(100), { verdict: "invalid", reason: "the generator was late" }),
      point(2, summary(100), { verdict: "interrupted" }),
      point(3, summary(100), { startedAt: null }),
      point(4, summary(100), { verdict: "fail", reason: "a threshold" }),
    ];
    const trend = trendOf(points, REQUEST);
    expect(trend.groups[0]!.runs.map(({ run }) => run)).toEqual(["run-0", "run-4"]);
    expect(trend.leftOut).toEqual([
      { run: "run-0", why: "given twice" },
      { run: "run-1", why: "it cannot be trusted: the generator was late" },
      { run: "run-2", why: "it did not go to its end" },
      { run: "run-3", why: "it never started" },
    ]);
    const through = trendOf(points, { ...REQUEST, despite: new Set(["validity" as const]) });
    expect(through.groups[0]!.runs).toHaveLength(3);
  });

  test("since when the generator is another is said", () => {
    const points = [
      point(0, summary(100)),
      point(1, summary(100), { versions: new Map([["onrush", "1.1.0"]]) }),
    ];
    expect(trendOf(points, REQUEST).groups[0]!.notes).toEqual([
      "Since run run-1 onrush is 1.1.0, it was 1.0.0.",
    ]);
  });
});
