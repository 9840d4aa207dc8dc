/**
 * Counted statistics of rules: counts, shares of a whole, rates, and how many connections were open. Called by observe.ts.
 * Pure. Invariant: a share is of what could have been, and what was not recorded (not distinguished, or by an older version) is
 * missing, never 0.
 */

import { namesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario, StrictThreshold } from "../../shared/scenario/strict.ts";
import type { CounterTable } from "../merge/counter-sums.ts";
import { phaseAt, phaseSpans } from "../merge/facts.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { countedOf, type Read, wholeOf } from "./counted.ts";
import { generatorFailures } from "./failures.ts";
import { isLeftOut, withInjected } from "./judged.ts";

export type Observation =
  | { readonly value: number }
  | {
      readonly missing: string;
      /** There are values, and all of them are of seconds that are not to be trusted. */
      readonly untrusted?: boolean;
    };

/** What a rule looks at. */
export interface Scope {
  readonly fold: RunFold;
  readonly phases: ReadonlySet<number>;
  /** Positions of names, or null for all. */
  readonly names: readonly number[] | null;
  /** Indices of targets, or null for all. */
  readonly targets: readonly number[] | null;
  /** Position of a role, of all of whose names it is; or null for all roles. */
  readonly role: number | null;
}

const SECOND_US = 1_000_000;

type Audit = StrictScenario["integrity"];
/** Measured only where something tells messages apart: by what, and how that is switched on. */
const NEEDS_AUDIT: ReadonlyMap<string, readonly [isOn: (audit: Audit) => boolean, by: string]> =
  new Map([
    ["duplicated", [tellsOrder, "integrity.stamp or integrity.order"]],
    ["reordered", [tellsOrder, "integrity.stamp or integrity.order"]],
    ["corrupt", [({ stamp }: Audit) => stamp, "integrity.stamp"]],
    ["leaked", [tellsUsers, "integrity.stamp or integrity.isolation"]],
  ]);
/** Measured only where a reply is expected. */
const NEEDS_REPLY: ReadonlySet<string> = new Set([
  "lost",
  "matched",
  "timedOut",
  "late",
  "unanswered",
  "rejected",
]);

export function observeCount(scope: Scope, threshold: StrictThreshold): Observation {
  const { statistic, unit } = threshold;
  if (statistic === "open") return observeOpen(scope, unit);
  const read = readerOf(scope);
  const missing = whyNotCounted(scope, statistic, read);
  if (missing !== null) return { missing };
  const count = countedOf(statistic, read, ownFailures(scope));
  if (count === null) return { missing: notRecorded(scope, threshold) };
  switch (unit) {
    case "count":
      return { value: count };
    case "share": {
      const whole = statistic === "dropped" ? everOpen(scope) : wholeOf(statistic, read);
      if (whole === null) return { missing: `"${statistic}" is no share of anything` };
      return whole > 0
        ? { value: count / whole }
        : { missing: "nothing happened to take a share of" };
    }
    case "perSec": {
      const seconds = secondsOf(scope);
      return seconds > 0 ? { value: count / seconds } : { missing: "no time has passed" };
    }
    case "us":
      return { missing: `"${statistic}" is not a time` };
  }
}

/** They are not told apart by target or role. */
function ownFailures({ fold, phases, targets, role }: Scope): number {
  return targets !== null || role !== null ? 0 : generatorFailures(fold.merge, phases);
}

function readerOf({ fold, phases, names, targets, role }: Scope): Read {
  const { merge } = fold;
  if (names !== null) {
    const ofNames = reader(merge.names, merge.names.sum(names, phases));
    if (role === null) return ofNames;
    const ofRole = reader(merge.roles, merge.roles.sum(role, phases));
    return (counter) => ofRole(counter) ?? ofNames(counter);
  }
  if (targets === null) return reader(merge.phases, merge.counters(phases));
  if (targets.length === 0 || !merge.targets.isUsed) return () => null;
  return reader(merge.targets, merge.targets.sum(targets, phases));
}

function reader<T extends string>(table: CounterTable<T>, sums: Record<T, number>): Read {
  return (counter) => (table.has(counter) ? sums[counter] : null);
}

function whyNotCounted({ fold }: Scope, statistic: string, read: Read): string | null {
  const { scenario } = fold.facts;
  const [isAudited, by] = NEEDS_AUDIT.get(statistic) ?? [];
  if (isAudited?.(scenario.integrity) === false && !read(statistic)) {
    return `"${statistic}" is not measured without ${by}`;
  }
  if (statistic === "lost" && scenario.integrity.order !== null) return null;
  const isAwaited = namesOf(scenario).some(({ reply }) => reply.match !== "none");
  if (NEEDS_REPLY.has(statistic) && !isAwaited) {
    return "no message expects a reply";
  }
  return null;
}

function tellsOrder({ stamp, order }: Audit): boolean {
  return stamp || order !== null;
}

function tellsUsers({ stamp, isolation }: Audit): boolean {
  return stamp || isolation.canary || isolation.owner !== null;
}

function notRecorded(
  { names, targets, role }: Scope,
  { measure, statistic }: StrictThreshold,
): string {
  if (role !== null) return `"${statistic}" is not counted per role`;
  if (names !== null) return `"${statistic}" is not counted per message`;
  if (targets !== null) return `"${statistic}" is not counted per target`;
  return `"${statistic}" is not measured for ${measure}`;
}

/**
 * Connections that were open at any time in the phases looked at: those that were open when they began, and those that
 * were established in them. Per target or role all that were established until their end.
 */
function everOpen({ fold, phases, targets, role }: Scope): number {
  const spans = phaseSpans(fold.facts.scenario);
  const own = fold.facts.scenario.phases.length;
  const last = Math.max(-1, ...[...phases].map((phase) => phase % own));
  const before = new Set(spans.flatMap(({ index }) => (index <= last ? [index] : [])));
  const until = hasInjected(fold, phases) ? withInjected(fold, before) : before;
  if (role !== null) return fold.merge.roles.sum(role, until).established;
  if (targets !== null) {
    return fold.merge.targets.sum(targets, until).established;
  }
  let open = fold.merge.counters(phases).established;
  for (const { index, fromUs } of spans) {
    if (!phases.has(index) || phases.has(index - 1)) continue;
    const before = Math.floor(fromUs / SECOND_US) - 1;
    if (before >= 0) open += fold.merge.timeline.openGauge.atEndOf(before);
  }
  return open;
}

/**
 * The fewest connections that were open at the end of a second, as a count or as a share of those the plan wants then. Of
 * the seconds that lie in the phases looked at, are reported by all engines, and count; without those in which the plan
 * wants none, and unless it is asked for, without those in which a fault keeps connections away.
 */
function observeOpen({ fold, phases }: Scope, unit: StrictThreshold["unit"]): Observation {
  const spans = phaseSpans(fold.facts.scenario);
  const { plannedOpen, durationUs } = fold.facts;
  const isOf = (us: number) => phases.has(phaseAt(spans, us)?.index ?? -1);
  const endUs = Math.min(durationUs, fold.end?.elapsedUs ?? durationUs);
  const seconds = Math.min(fold.closedThrough() + 1, Math.floor(endUs / SECOND_US));
  const isAway = awayByFaults(fold, phases);
  let least: number | null = null;
  for (let second = 0; second < seconds; second++) {
    const fromUs = second * SECOND_US;
    const planned = plannedOpen[second] ?? 0;
    if (planned === 0 || !isOf(fromUs) || !isOf(fromUs + SECOND_US - 1)) continue;
    if (isLeftOut(fold, second) || isAway(second)) continue;
    const open = fold.merge.timeline.openGauge.atEndOf(second);
    const value = unit === "share" ? Math.min(1, open / planned) : open;
    least = least === null ? value : Math.min(least, value);
  }
  return least === null
    ? { missing: "no second counts in which connections are planned and no fault keeps any away" }
    : { value: least };
}

/** Phases of what faults are to blame for are among these. */
function hasInjected({ facts: { scenario } }: RunFold, phases: ReadonlySet<number>): boolean {
  return [...phases].some((phase) => phase >= scenario.phases.length);
}

/** Of a second, whether a fault kept a connection from being served at its end. */
function awayByFaults(fold: RunFold, phases: ReadonlySet<number>): (second: number) => boolean {
  if (fold.facts.scenario.faults.length === 0 || hasInjected(fold, phases)) return () => false;
  const apart = [...withInjected(fold, phases)].filter((phase) => !phases.has(phase));
  const served = fold.merge.uptime.seconds(new Set(apart));
  return (second) => [second, second + 1].some((at) => (served[at]?.downMs ?? 0) > 0);
}

/** Run time that has passed in the phases looked at. */
export function secondsOf({ fold, phases }: Scope): number {
  let fromUs = 0;
  let seconds = 0;
  const passedUs = fold.merge.timeline.length * SECOND_US;
  for (const [index, { durationUs }] of fold.facts.scenario.phases.entries()) {
    const toUs = Math.min(passedUs, fromUs + durationUs);
    if (phases.has(index) && toUs > fromUs) seconds += (toUs - fromUs) / SECOND_US;
    fromUs += durationUs;
  }
  return seconds;
}
