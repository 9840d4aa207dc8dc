/**
 * Measures of the last seconds of a run that goes on: what conditions of checkpoints read, and blocks of decision/. Pure.
 * Invariant: by the arithmetic of thresholds, of the phases and seconds that count; what was not measured is null, never 0.
 */
import type { RecentStatistic } from "../../shared/scenario/expression/measured-expression.ts";
import { statisticOf } from "../../shared/scenario/measures.ts";
import type { PhaseCounter } from "../../shared/stats/counters.ts";
import {
  CONNECT_FAILURES,
  type FailureCause,
  failureCause,
} from "../../shared/stats/failure-kind.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { Window } from "../merge/series/series.ts";
import { countedOf, type Read, wholeOf } from "./counted.ts";
import { judgedHistogram, judgedPhases } from "./judged.ts";
import { timeOf } from "./threshold-value.ts";

/** Times in milliseconds, shares from 0 to 1, rates per second, counts and `connections.open` as they are. */
export function recentMeasure(
  fold: RunFold,
  { measure, statistic }: RecentStatistic,
  window: Window,
): number | null {
  const time = timeOf({ measure, statistic, unit: "us" });
  if (time !== null) {
    const selection = { metric: time.metric, phases: judgedPhases(fold), names: null };
    const histogram = judgedHistogram(fold, selection, window);
    return histogram === null ? null : Math.round(time.read(histogram)) / 1000;
  }
  const read = readIn(fold, window);
  if (measure === "availability") return uptimeIn(read);
  if (statistic === "open") return fold.merge.timeline.openGauge.atEndOf(window.to - 1);
  const count = countedOf(statistic, read, ownFailures(fold, window));
  if (count === null) return null;
  const units = statisticOf(measure, statistic)?.units ?? [];
  if (units.includes("perSec")) return count / (window.to - window.from);
  if (!units.includes("share")) return count;
  const whole = statistic === "dropped" ? everOpen(fold, read, window) : wholeOf(statistic, read);
  return whole === null || whole <= 0 ? null : count / whole;
}

/** Whose doing a failed attempt was that is not the target's, and not a fault's. */
const OWN: ReadonlySet<FailureCause> = new Set(["generator", "scenario"]);

/**
 * A counted statistic in some seconds, and what it is a share of: sums of such parts give the figure of all of them.
 * @returns null: it is none that can be added up, or it was not recorded
 */
export function countedIn(
  fold: RunFold,
  statistic: string,
  window: Window,
): { readonly count: number; readonly whole: number | null } | null {
  if (statistic === "dropped" || statistic === "open") return null;
  const read = readIn(fold, window);
  const count = countedOf(statistic, read, ownFailures(fold, window));
  return count === null ? null : { count, whole: wholeOf(statistic, read) };
}

function readIn({ merge }: RunFold, { from, to }: Window): Read {
  return (counter) => {
    if (!merge.phases.has(counter)) return null;
    let sum = 0;
    for (let second = from; second < to; second++) {
      sum += merge.timeline.counted(second, counter as PhaseCounter);
    }
    return sum;
  };
}

function uptimeIn(read: Read): number | null {
  const up = read("upMs") ?? 0;
  const all = up + (read("downMs") ?? 0);
  return all > 0 ? up / all : null;
}

/**
 * Attempts to connect that failed by the generator's own doing, of those that count: what faults are to blame for, and seconds of phases
 * that do not count, are in no failed attempt here.
 */
function ownFailures({ merge }: RunFold, { from, to }: Window): number {
  const kinds = CONNECT_FAILURES.filter((kind) => OWN.has(failureCause(kind)));
  let count = 0;
  for (let second = from; second < to; second++) {
    const own = kinds.reduce((sum, kind) => sum + (merge.failures.bySecond(kind)[second] ?? 0), 0);
    count += Math.min(own, merge.timeline.counted(second, "failed"));
  }
  return count;
}

/** Connections that were open at any time in the window. */
function everOpen({ merge }: RunFold, read: Read, { from }: Window): number {
  const before = from === 0 ? 0 : merge.timeline.openGauge.atEndOf(from - 1);
  return before + (read("established") ?? 0);
}
