/**
 * Judges the scenario's thresholds on the merged set: once a second while the run goes on (for `abort`), and
 * for the verdict. Pure. Excluded phases are left out unless a rule selects one by name.
 * Invariant: a rule on something that was not measured does not pass, and says why.
 */
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import { NAME_COUNTERS, type NameCounter, type PhaseCounter } from "../../shared/stats/counters.ts";
import type { MergedHistogram } from "../../shared/stats/histogram.ts";
import type { HistogramSelection } from "../merge/histogram-set.ts";
import type { Counters } from "../merge/merge.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { THRESHOLD_METRICS } from "../merge/second-histograms.ts";
import { generatorFailures } from "./failures.ts";
import { isTrue, readerOf } from "./threshold-value.ts";
import { judgedPhases } from "./validity.ts";

export interface ThresholdResult {
  readonly threshold: StrictThreshold;
  /** In the threshold's unit (us, 0..1, count, per second); null: nothing to judge. */
  readonly observed: number | null;
  readonly passed: boolean;
  /** Why there is nothing to judge, else null. */
  readonly reason: string | null;
}

/** All thresholds, in the scenario's order. */
export function judgeThresholds(fold: RunFold): readonly ThresholdResult[] {
  return fold.facts.scenario.thresholds.map((threshold) => {
    const seen = observe(fold, threshold);
    if ("missing" in seen)
      return { threshold, observed: null, passed: false, reason: seen.missing };
    const observed = seen.value;
    return { threshold, observed, passed: isTrue(observed, threshold), reason: null };
  });
}

/** Rules every run has: what nobody got into, or nothing came back from, must not look green for want of a threshold. */
export const IMPLIED_RULES = {
  letsIn: "established > 0 (every run)",
  answers: "matched > 0 (every run)",
} as const;

function impliedRule(over: Pick<StrictThreshold, "metric" | "measure" | "rule" | "statistic">) {
  const threshold: StrictThreshold = {
    ...over,
    selector: { phase: null, name: null },
    operator: ">",
    limit: 0,
    unit: "count",
    abort: false,
    afterUs: 0,
  };
  return { threshold, observed: 0, passed: false, reason: null };
}

/** Rules no scenario has to write, as far as they are broken. For a run that is over. */
export function brokenImpliedRules(fold: RunFold): readonly ThresholdResult[] {
  const { attempted, established, matched, timedOut } = fold.merge.counters();
  if (attempted > 0 && established === 0) {
    const rule = IMPLIED_RULES.letsIn;
    return [impliedRule({ metric: "connect", measure: "connect", rule, statistic: "established" })];
  }
  // Replies that nobody waited for to the end say nothing.
  if (timedOut > 0 && matched === 0) {
    const rule = IMPLIED_RULES.answers;
    return [impliedRule({ metric: "messages", measure: "messages", rule, statistic: "matched" })];
  }
  return [];
}

/** A value of a threshold as it is shown: milliseconds for times, 0..1 for shares, plain for counts. */
export function shownValue(threshold: StrictThreshold, value: number): number {
  return threshold.unit === "us" ? Math.round(value) / 1000 : value;
}

type Observation = { readonly value: number } | { readonly missing: string };

/** What a rule looks at. */
interface Scope {
  readonly fold: RunFold;
  readonly phases: ReadonlySet<number>;
  /** Index into the mix, or null for all. */
  readonly name: number | null;
  readonly counters: Counters;
}

/** Counted statistics: what is counted, and what a share is a share of. */
const SHARES: Readonly<Record<string, (counters: Counters) => number>> = {
  established: (counters) => counters.attempted,
  failed: (counters) => counters.attempted,
  reconnects: (counters) => counters.attempted,
  closed: (counters) => counters.established,
  sent: (counters) => counters.planned,
  skipped: (counters) => counters.planned,
  skippedNotOpen: (counters) => counters.planned,
  skippedBehind: (counters) => counters.planned,
  skippedBackpressure: (counters) => counters.planned,
  matched: (counters) => counters.expected,
  timedOut: (counters) => counters.expected,
  unanswered: (counters) => counters.expected,
  lost: (counters) => counters.expected,
  late: (counters) => counters.received,
  unsolicited: (counters) => counters.received,
  duplicated: (counters) => counters.received,
  reordered: (counters) => counters.received,
  corrupt: (counters) => counters.received,
  leaked: (counters) => counters.received,
  pongs: (counters) => counters.pings,
};

/** Measured only where a stamp inside the payload tells messages apart. */
const NEEDS_STAMP: ReadonlySet<string> = new Set(["duplicated", "reordered", "corrupt", "leaked"]);
/** Measured only where a reply is expected. */
const NEEDS_REPLY: ReadonlySet<string> = new Set([
  "lost",
  "matched",
  "timedOut",
  "late",
  "unanswered",
]);
const NAMED: ReadonlySet<string> = new Set(["rate", ...NAME_COUNTERS]);

function observe(fold: RunFold, threshold: StrictThreshold): Observation {
  const { selector } = threshold;
  const { scenario } = fold.facts;
  const phase = scenario.phases.findIndex(({ phase: name }) => name === selector.phase);
  const mix = scenario.messages?.mix ?? [];
  const name = mix.findIndex((message) => message.name === selector.name);
  if (selector.phase !== null && phase < 0)
    return { missing: `there is no phase "${selector.phase}"` };
  if (selector.name !== null && name < 0)
    return { missing: `there is no message "${selector.name}"` };
  const phases = selector.phase === null ? judgedPhases(fold) : new Set([phase]);
  const scope: Scope = {
    fold,
    phases,
    name: selector.name === null ? null : name,
    counters: fold.merge.counters(phases),
  };
  const timed = threshold.unit === "us" ? observeTime(scope, threshold) : null;
  return timed ?? observeCount(scope, threshold);
}

/** null: the statistic is not one of a distribution. */
function observeTime(scope: Scope, threshold: StrictThreshold): Observation | null {
  const metric = THRESHOLD_METRICS[threshold.measure];
  const read = readerOf(threshold.statistic);
  if (!metric || !read) return null;
  const { fold, phases, name } = scope;
  const histogram = undisturbed(fold, { metric, phases, name });
  return histogram ? { value: read(histogram) } : { missing: whyNoTimes(scope, threshold) };
}

/** Values of the seconds in which the load was what was planned; null for none. */
function undisturbed(fold: RunFold, selection: HistogramSelection): MergedHistogram | null {
  const whole = fold.merge.histograms.select(selection);
  const { disturbances } = fold;
  if (!whole || disturbances.list.length === 0) return whole;
  const disturbed = fold.merge.bySecond.select(selection, (second, span) =>
    disturbances.touches(second, span),
  );
  if (!disturbed) return whole;
  const rest = whole.clone();
  rest.subtract(disturbed);
  return rest.count === 0 ? null : rest;
}

/** A measure that excluded phases have all of is a rule in the wrong place; say so. */
function whyNoTimes({ fold, phases, name }: Scope, threshold: StrictThreshold): string {
  const { measure, selector } = threshold;
  const metric = THRESHOLD_METRICS[measure];
  if (metric && fold.merge.histograms.select({ metric, phases, name })) {
    return `no ${measure} was measured outside the seconds a lost worker disturbed`;
  }
  const excluded = fold.facts.scenario.phases.flatMap(({ exclude }, at) => (exclude ? [at] : []));
  const there =
    selector.phase === null &&
    metric !== undefined &&
    fold.merge.histograms.select({ metric, phases: new Set(excluded), name: null }) !== null;
  const hint = there ? " outside excluded phases; select one of them with {phase=…}" : "";
  return `no ${measure} was measured${hint}`;
}

function observeCount(scope: Scope, threshold: StrictThreshold): Observation {
  const { statistic, unit } = threshold;
  const missing = whyNotCounted(scope, threshold);
  if (missing !== null) return { missing };
  const count = countOf(scope, statistic);
  if (count === null) return { missing: `"${statistic}" is not measured for ${threshold.measure}` };
  switch (unit) {
    case "count":
      return { value: count };
    case "share":
      return shareOf(scope, statistic, count);
    case "perSec": {
      const seconds = secondsOf(scope);
      return seconds > 0 ? { value: count / seconds } : { missing: "no time has passed" };
    }
    case "us":
      return { missing: `"${statistic}" is not a time` };
  }
}

function whyNotCounted(scope: Scope, { statistic }: StrictThreshold): string | null {
  const { scenario } = scope.fold.facts;
  const seen = scope.counters[statistic as PhaseCounter] > 0;
  if (NEEDS_STAMP.has(statistic) && !scenario.integrity.stamp && !seen) {
    return `"${statistic}" is not measured without integrity.stamp`;
  }
  const mix = scenario.messages?.mix ?? [];
  if (NEEDS_REPLY.has(statistic) && !mix.some(({ reply }) => reply.match !== "none")) {
    return "no message expects a reply";
  }
  if (scope.name !== null && !NAMED.has(statistic)) {
    return `"${statistic}" is not counted per message`;
  }
  return null;
}

function countOf({ fold, phases, name, counters }: Scope, statistic: string): number | null {
  // A rate is that of what was sent.
  const counted = statistic === "rate" ? "sent" : statistic;
  if (name !== null) return fold.merge.nameCounters(name, phases)[counted as NameCounter] ?? null;
  switch (counted) {
    case "skipped":
      return counters.skippedNotOpen + counters.skippedBehind + counters.skippedBackpressure;
    // What the generator could not attempt is not held against the target; it makes the run invalid.
    case "failed":
      return counters.failed - generatorFailures(fold.merge, phases);
    default:
      return counters[counted as PhaseCounter] ?? null;
  }
}

function shareOf(scope: Scope, statistic: string, count: number): Observation {
  const of = SHARES[statistic];
  if (!of) return { missing: `"${statistic}" is no share of anything` };
  const whole =
    scope.name === null
      ? of(scope.counters)
      : scope.fold.merge.nameCounters(scope.name, scope.phases).sent;
  return whole > 0 ? { value: count / whole } : { missing: "nothing happened to take a share of" };
}

/** Run time that has passed in the phases looked at. */
function secondsOf({ fold, phases }: Scope): number {
  let fromUs = 0;
  let seconds = 0;
  const passedUs = fold.merge.timeline.length * 1_000_000;
  for (const [index, { durationUs }] of fold.facts.scenario.phases.entries()) {
    const toUs = Math.min(passedUs, fromUs + durationUs);
    if (phases.has(index) && toUs > fromUs) seconds += (toUs - fromUs) / 1_000_000;
    fromUs += durationUs;
  }
  return seconds;
}

/** Rules that end the run now: `abort`, failing on something measured, after their time. */
export function abortingThreshold(
  results: readonly ThresholdResult[],
  elapsedUs: number,
): ThresholdResult | null {
  return (
    results.find(
      ({ threshold, observed, passed }) =>
        threshold.abort && observed !== null && !passed && elapsedUs >= threshold.afterUs,
    ) ?? null
  );
}
