/**
 * Ranks the series of timeline.csv by their greatest robust deviation, (x - median) / interquartile range, and looks the
 * first up in a table. Source of the ranking: BARO, Pham et al., FSE 2024; here over the whole run, as no onset is given.
 */
import type { Answer } from "../answer.ts";
import type { Baseline, Second } from "./baseline.ts";

/** Series -> [cause, locus], the most common one that moves it. */
const TABLE: Readonly<Record<string, readonly [cause: string, locus: string]>> = {
  failed: ["connection-cap", "server"],
  closed: ["crash-and-restart", "server"],
  latency_p50_ms: ["saturation", "server"],
  latency_p99_ms: ["event-loop-pauses", "server"],
  latency_max_ms: ["event-loop-pauses", "server"],
  send_lag_p99_ms: ["generator-cpu", "generator"],
  loop_lag_max_ms: ["generator-pauses", "generator"],
};

/** Below it a series does not stand out. */
const LEAST_Z = 10;
/** In the units of the series: what a range near zero is taken for. */
const LEAST_RANGE = 1;

export const robustZ: Baseline = {
  name: "robust z",
  answer({ seconds }): Answer {
    return Object.entries(TABLE)
      .map(([series, named]) => ({ named, z: greatestZ(seconds, series) }))
      .filter(({ z }) => z >= LEAST_Z)
      .toSorted((a, b) => b.z - a.z)
      .slice(0, 3)
      .map(({ named: [cause, locus] }) => ({ cause, locus, probability: null }));
  },
};

function greatestZ(seconds: readonly Second[], series: string): number {
  const values = seconds.flatMap((second) => {
    const value = second[series];
    return value === null || value === undefined ? [] : [value];
  });
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const range = Math.max(LEAST_RANGE, at(0.75) - at(0.25));
  return (Math.max(0, ...values) - at(0.5)) / range;
}
