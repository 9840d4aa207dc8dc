/**
 * What a rule looks at, read off the merged set: a statistic of a distribution, a count, a share or a rate, of some phases,
 * one message name, one target or one role. Called by rules/thresholds.ts. Pure.
 * Invariant: what was not recorded is missing, with the reason; it is never 0.
 */

import { metricOf, namesOf, rolesOf, selectedNames } from "../../shared/scenario/names.ts";
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import { targetName } from "../../shared/scenario/target-name.ts";
import type { Metric } from "../../shared/stats/counters.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { HistogramSelection } from "../merge/series/histogram-set.ts";
import { observeAvailability } from "./availability/observe.ts";
import { judgedHistogram, judgedPhases, withInjected } from "./judged.ts";
import { type Observation, observeCount, type Scope } from "./observe-count.ts";
import { observePush } from "./observe-push.ts";
import { observeSequence } from "./observe-sequence.ts";
import { timeOf } from "./threshold-value.ts";

export function observe(fold: RunFold, threshold: StrictThreshold): Observation {
  const scope = scopeOf(fold, threshold);
  if ("missing" in scope) return scope;
  if (threshold.measure === "availability") return observeAvailability(scope, threshold);
  if (threshold.measure === "push") return observePush(scope, threshold);
  const time = observeTime(scope, threshold);
  if (time !== null) return time;
  return threshold.measure === "sequence"
    ? observeSequence(scope, threshold)
    : observeCount(scope, threshold);
}

function scopeOf(
  fold: RunFold,
  { selector, withInjected: isWhole }: StrictThreshold,
): Scope | { readonly missing: string } {
  const { phases, targets } = fold.facts.scenario;
  const phase = phases.findIndex(({ phase: name }) => name === selector.phase);
  const names = selectedNames(fold.facts.scenario, selector);
  const wanted = selector.target ?? null;
  const at = targets.flatMap((target, index) => (targetName(target) === wanted ? [index] : []));
  if (selector.phase !== null && phase < 0)
    return { missing: `there is no phase "${selector.phase}"` };
  if (names?.length === 0 && (selector.name !== null || selector.event != null))
    return { missing: `there is no message "${selector.name ?? selector.event}"` };
  const roles = rolesOf(fold.facts.scenario);
  const role = selector.role ?? null;
  const roleAt = roles.findIndex(({ name }) => name === role);
  if (role !== null && roleAt < 0) return { missing: `there is no role "${role}"` };
  if (wanted !== null && at.length === 0) return { missing: `there is no target "${wanted}"` };
  const chosen = selector.phase === null ? judgedPhases(fold) : new Set([phase]);
  return {
    fold,
    phases: isWhole ? withInjected(fold, chosen) : chosen,
    names,
    // In a run of one target nothing is distinguished by it.
    targets: wanted === null || targets.length === 1 ? null : at,
    role: role === null || selector.name !== null || roles.length === 1 ? null : roleAt,
  };
}

/** The latency of a name that sends nothing is recorded as what it is: of a step, of an event, of what was pushed. */
function metricFor({ fold, names }: Scope, metric: Metric): Metric {
  const [first] = names ?? [];
  const part = first === undefined ? undefined : namesOf(fold.facts.scenario)[first];
  return metric === "latency" && part !== undefined ? metricOf(part) : metric;
}

/** null: the statistic is not one of a distribution. */
function observeTime(scope: Scope, threshold: StrictThreshold): Observation | null {
  const time = timeOf(threshold);
  if (time === null) return null;
  const { fold, phases, names } = scope;
  const selection = {
    metric: metricFor(scope, time.metric),
    phases,
    names: names && new Set(names),
  };
  const histogram = judgedHistogram(fold, selection);
  return histogram ? { value: time.read(histogram) } : whyNoTimes(scope, selection, threshold);
}

/** A measure that excluded phases have all of is a rule in the wrong place; say so. */
function whyNoTimes(
  { fold }: Scope,
  selection: HistogramSelection,
  { measure, selector }: StrictThreshold,
): Observation {
  const { series } = fold.merge;
  if (series.total(selection)) {
    return {
      missing: `no ${measure} was measured outside the seconds in which the generator was saturated, or a lost worker disturbed the load`,
      untrusted: true,
    };
  }
  const excluded = fold.facts.scenario.phases.flatMap(({ exclude }, at) => (exclude ? [at] : []));
  const elsewhere = { metric: selection.metric, phases: new Set(excluded), names: null };
  const there = selector.phase === null && series.total(elsewhere) !== null;
  const hint = there ? " outside excluded phases; select one of them with {phase=…}" : "";
  return { missing: `no ${measure} was measured${hint}` };
}
