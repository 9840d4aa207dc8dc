/**
 * The section of summary.json on sequences. Pure; used by summary.ts. Invariant: counts are of the whole run, distributions of the
 * phases and seconds that are judged.
 */
import { namesOf, rolesOf } from "../../shared/scenario/names.ts";
import type { NameCounter } from "../../shared/stats/counters.ts";
import { judgedHistogram, phasesThatCount } from "../analysis/judged.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { quantilesOrNull } from "./quantiles.ts";
import type { Summary } from "./summary-schema.ts";

/** What can be wrong, in the order in which it is shown. */
export const VIOLATION_KINDS = [
  "missing",
  "neverStarted",
  "unexpected",
  "outOfOrder",
  "repeated",
  "tooLate",
  "cut",
  "afterEnd",
  "orphan",
] as const satisfies readonly NameCounter[];

type SequenceSummary = Summary["sequences"][string];

export function sequencesSection(fold: RunFold): Summary["sequences"] {
  const { scenario } = fold.facts;
  const roles = rolesOf(scenario);
  const section: Summary["sequences"] = {};
  for (const [position, { kind, role, name }] of namesOf(scenario).entries()) {
    if (kind !== "sequence") continue;
    // Of roles that have one of the same name each.
    const key = Object.hasOwn(section, name) ? `${roles[role]?.name}/${name}` : name;
    section[key] = sequenceOf(fold, position);
  }
  return section;
}

function sequenceOf(fold: RunFold, position: number): SequenceSummary {
  const { merge } = fold;
  const parts = namesOf(fold.facts.scenario);
  const phases = phasesThatCount(fold);
  const { started, completed, failed, abandoned, unfollowed, ...counters } =
    merge.names.sum(position);
  const times = (metric: "sequence" | "event", name: number) =>
    quantilesOrNull(judgedHistogram(fold, { metric, phases, names: new Set([name]) }));
  const events: SequenceSummary["events"] = {};
  const arrived: SequenceSummary["arrived"] = {};
  // Events follow their sequence.
  const prefix = `${parts[position]?.name}/`;
  for (let at = position + 1; parts[at]?.kind === "event"; at++) {
    const event = (parts[at]?.name ?? "").slice(prefix.length);
    events[event] = times("event", at);
    arrived[event] = merge.names.sum(at).arrived;
  }
  return {
    ...{ started, completed, failed, unjudged: abandoned, unfollowed },
    violations: Object.fromEntries(
      VIOLATION_KINDS.flatMap((kind) => (counters[kind] > 0 ? [[kind, counters[kind]]] : [])),
    ),
    durationMs: times("sequence", position),
    events,
    arrived,
  };
}
