/** A run of an unchanged service, as a trend takes it: every measure has noise of its own. Used by tests of trends. */
import type { RunSummary } from "../../../../coordinator/analysis/trend/measure.ts";
import type { RunPoint } from "../../../../coordinator/analysis/trend/trend.ts";
import { dependent } from "../stats/noise.ts";

const SECONDS = 60;

export interface UnchangedRun {
  /** Number of the series of runs, and of the run in it. */
  readonly series: number;
  readonly at: number;
  /** Of neighbouring seconds. */
  readonly correlation: number;
}

export function unchangedRun(of: UnchangedRun): RunPoint {
  return {
    run: `run-${of.at}`,
    name: "nightly",
    startedAt: new Date(Date.UTC(2026, 0, 1 + of.at)).toISOString(),
    ...{ verdict: "pass", reason: null, plan: "a", target: "t", environment: "e" },
    versions: new Map([["onrush", "1.0.0"]]),
    summary: summaryOf(of),
  };
}

function summaryOf({ series, at, correlation }: UnchangedRun): RunSummary {
  // Mean of the seconds of a level that wanders, on a scale with variance 1.
  const noise = (stream: number) => {
    const level = dependent(stream, series * 100 + at, { length: SECONDS, correlation });
    return level.reduce((sum, one) => sum + one, 0) / spreadOf(correlation);
  };
  const around = (level: number, stream: number) => level * Math.exp(0.05 * noise(stream));
  const counted = (mean: number, stream: number) =>
    Math.max(0, Math.round(mean + Math.sqrt(mean) * noise(stream)));
  const [p50, p95, p99] = [around(10, 29), around(40, 31), around(100, 37)];
  const times = { p50, p75: p50, p90: p95, p95, p99, p999: p99, p9999: p99 };
  const failed = counted(50, 41);
  return {
    durationSeconds: 10,
    connections: {
      ...{ attempted: 1000, established: 1000 - failed, failed, dropped: counted(30, 43) },
      connectMs: { ...times, p95: around(20, 47) },
    },
    messages: {
      ...{ sent: counted(1000, 53), received: counted(1000, 59), expected: 1000 },
      ...{ timedOut: counted(20, 61), unanswered: counted(20, 67) },
      ...{ latencyMs: times, serviceMs: times },
    },
    capacity: null,
  };
}

/** Standard deviation of the sum of the seconds. */
function spreadOf(r: number): number {
  let variance = SECONDS;
  for (let lag = 1; lag < SECONDS; lag++) variance += 2 * (SECONDS - lag) * r ** lag;
  return Math.sqrt(variance);
}
