/**
 * Ranks the series of timeline.csv by their greatest robust deviation, (x - median) / interquartile range, and looks the
 * first up in a table. Source of the ranking: BARO, Pham et al., FSE 2024; here over the whole run, as no onset is given.
 */
import type { Answer } from "../answer.ts";
import type { Baseline, Second } from "./baseline.ts";

/** A series, the least that its range is taken for (in its unit), and what most commonly moves it. */
const TABLE: readonly (readonly [
  series: string,
  leastRange: number,
  cause: string,
  locus: string,
])[] = [
  ["failed", 1, "connection-cap", "server"],
  ["closed", 1, "crash-and-restart", "server"],
  ["latency_p50_ms", 1, "saturation", "server"],
  ["latency_p99_ms", 5, "event-loop-pauses", "server"],
  ["latency_max_ms", 20, "event-loop-pauses", "server"],
  ["send_lag_p99_ms", 2, "generator-cpu", "generator"],
  ["loop_lag_max_ms", 20, "generator-pauses", "generator"],
];

/** Below it a series does not stand out. */
const LEAST_Z = 10;

export const robustZ: Baseline = {
  name: "robust z",
  answer({ seconds }): Answer {
    // The plan closes what is left in the last ones.
    const loaded = seconds.filter((second) => (second["planned_open"] ?? 0) > 0);
    return TABLE.map(([series, range, cause, locus]) => ({
      named: { cause, locus, probability: null },
      z: greatestZ(loaded, series, range),
    }))
      .filter(({ z }) => z >= LEAST_Z)
      .toSorted((a, b) => b.z - a.z)
      .slice(0, 3)
      .map(({ named }) => named);
  },
};

function greatestZ(seconds: readonly Second[], series: string, leastRange: number): number {
  const values = seconds.flatMap((second) => {
    const value = second[series];
    return value === null || value === undefined ? [] : [value];
  });
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const range = Math.max(leastRange, at(0.75) - at(0.25));
  return (Math.max(0, ...values) - at(0.5)) / range;
}
