/**
 * Counted statistics of sequences. Called by observe.ts. Pure. Invariant: a share is of those that were judged, completed or
 * failed; what was not recorded is missing, never 0.
 */
import { namesOf } from "../../shared/scenario/names.ts";
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import type { NameCounter } from "../../shared/stats/counters.ts";
import type { Observation, Scope } from "./observe-count.ts";

/** What is wrong in one of them, or with an event; not what we cut off ourselves. */
const VIOLATIONS = ["failed", "afterEnd", "orphan"] as const satisfies readonly NameCounter[];

/** Its own name is what everybody else calls those. */
function countersOf(statistic: string): readonly NameCounter[] {
  if (statistic === "violations") return VIOLATIONS;
  return [statistic === "unjudged" ? "abandoned" : (statistic as NameCounter)];
}

export function observeSequence(
  { fold, phases, names }: Scope,
  { statistic, unit }: StrictThreshold,
): Observation {
  const { merge, facts } = fold;
  const parts = namesOf(facts.scenario);
  const wanted = names ?? [...parts.keys()];
  const each = wanted
    .filter((name) => parts[name]?.kind === "sequence")
    .map((name) => merge.names.sum(name, phases));
  const sum = (...counters: readonly NameCounter[]) =>
    each.reduce((total, one) => total + counters.reduce((all, name) => all + one[name], 0), 0);
  const counters = countersOf(statistic);
  if (each.length === 0) return { missing: "no message is followed by a sequence" };
  if (!counters.every((counter) => merge.names.has(counter))) {
    return { missing: `"${statistic}" was not recorded by the version that ran it` };
  }
  const value = sum(...counters);
  if (unit !== "share") return { value };
  const whole = statistic === "unjudged" ? sum("started") : sum("completed", "failed");
  return whole > 0 ? { value: value / whole } : { missing: "no sequence was over" };
}
