/**
 * Where on the timeline to look: the worst moment of what a rule is about. Called by the sections. Pure. Invariant: a
 * moment lies in the phase the rule names; without one, or without such a series, there is none.
 */

import type { SeriesName } from "../model/timeline.ts";
import { formatClock } from "../text/format.ts";
import type { Moment } from "./block.ts";
import type { Facts } from "./section.ts";

export function momentOf(seconds: number): Moment {
  return { moment: formatClock(seconds), at: seconds };
}

/** @param metric as written: "latency", "connect{phase=steady}" @param rule as written: "p99 < 200ms" */
export function worstMoment(
  { timeline }: Facts,
  { metric, rule }: { readonly metric: string; readonly rule: string },
): Moment | null {
  const name = seriesOf(metric, rule);
  if (timeline === undefined || name === null) return null;
  const { frame, series } = timeline;
  const phase = /phase=([^,}]+)/.exec(metric)?.[1];
  const spans = frame.phases.filter((span) =>
    phase === undefined ? !span.excluded : span.name === phase,
  );
  let worst: { readonly at: number; readonly value: number } | null = null;
  for (const [bin, value] of series[name].max.entries()) {
    const at = bin * frame.binSeconds;
    const isIn = spans.some(({ from, to }) => at >= from && at < to);
    if (isIn && value !== null && value > (worst?.value ?? 0)) worst = { at, value };
  }
  return worst === null ? null : momentOf(worst.at);
}

function seriesOf(metric: string, rule: string): SeriesName | null {
  if (metric.startsWith("connect") && /^(failed|dropped)/.test(rule)) return "failed";
  if (!metric.startsWith("latency")) return null;
  const [, statistic = ""] = /^(p50|p90|p99|max)\b/.exec(rule) ?? [];
  return statistic === "" ? "p99Ms" : (`${statistic}Ms` as SeriesName);
}
