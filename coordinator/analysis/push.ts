/**
 * What was pushed under a name of `listen`: how much came, how long it took one way, and who of its scope got it. Pure; used by the
 * summary, thresholds and the live view. Invariant: a one-way latency is only told when the clocks it rests on are closer to
 * each other than half of all messages took; else it is withheld, with the reason.
 */
import { isOnLoopback } from "../../shared/net/target-url.ts";
import { positionsOf, rolesOf } from "../../shared/scenario/names.ts";
import type { StrictListen } from "../../shared/scenario/strict-conversation.ts";
import type { MergedHistogram } from "../../shared/stats/histogram.ts";
import type { PushFigures } from "../merge/push/push-merge.ts";
import type { ScopeTable } from "../merge/push/scope-table.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { judgedHistogram } from "./judged.ts";

/** What a worker reads its wall clock to, at worst: it counts whole milliseconds (worker/push/wall-clock.ts). */
const OWN_ERROR_US = 500;

export interface Listen {
  readonly listen: StrictListen;
  /** In namesOf, one for each role that listens for it. */
  readonly positions: readonly number[];
}

export interface Pushed {
  /** In all phases. */
  readonly received: number;
  /** One way, of the phases and seconds that count; null: not measured, or withheld. */
  readonly latency: MergedHistogram | null;
  /** Why there is no latency although the messages say when they were sent; null: nothing is withheld. */
  readonly withheld: string | null;
  readonly clockErrorUs: number | null;
  /** The message says when it was sent, by a clock that is close enough for its own times. */
  readonly isTimed: boolean;
  readonly scopes: ScopeTable | null;
  /** null: the listen has no key. */
  readonly reach: PushFigures | null;
}

/** Everything that is listened for, by name, in the order of names. */
export function listensOf({ facts: { scenario } }: RunFold): readonly Listen[] {
  const all = new Map<string, { readonly listen: StrictListen; readonly positions: number[] }>();
  for (const [role, { listen }] of rolesOf(scenario).entries()) {
    const positions = positionsOf(scenario, "listen", role);
    for (const [at, one] of listen.entries()) {
      const known = all.get(one.name) ?? { listen: one, positions: [] };
      known.positions.push(positions[at] ?? -1);
      all.set(one.name, known);
    }
  }
  return [...all.values()];
}

export function pushed(fold: RunFold, one: Listen, phases: ReadonlySet<number>): Pushed {
  const { listen, positions } = one;
  const { merge } = fold;
  const timed = latencyOf(fold, one, phases);
  return {
    ...timed,
    received: merge.names.sum(positions).arrived,
    isTimed: listen.sentAt !== null && timed.withheld === null,
    scopes: merge.pushes.scopes(positions[0] ?? -1),
    reach: reachOf(fold, one, phases),
  };
}

export function latencyOf(
  fold: RunFold,
  { listen, positions }: Listen,
  phases: ReadonlySet<number>,
): Pick<Pushed, "latency" | "withheld" | "clockErrorUs"> {
  if (listen.sentAt === null) return { latency: null, withheld: null, clockErrorUs: null };
  const clockErrorUs = clockErrorOf(fold, listen);
  const times = judgedHistogram(fold, { metric: "push", phases, names: new Set(positions) });
  const withheld = skewedBy(fold) ?? whyWithheld(times, clockErrorUs);
  return { latency: withheld === null ? times : null, withheld, clockErrorUs };
}

/** null without a key. Messages of the phases; while a run goes on, those that all workers can have told of. */
export function reachOf(
  fold: RunFold,
  { listen, positions }: Listen,
  phases: ReadonlySet<number>,
): PushFigures | null {
  if (listen.key === null) return null;
  const isOver = fold.complete || fold.endedUs !== null;
  const throughUs = isOver ? Number.POSITIVE_INFINITY : (fold.closedThrough() + 1) * 1_000_000;
  return fold.merge.pushes.figures(positions[0] ?? -1, { phases, throughUs });
}

/** How far the clocks of senders and workers may be apart, microseconds; null: not known. */
export function clockErrorOf(fold: RunFold, { clockErrorUs }: StrictListen): number | null {
  const { facts } = fold;
  if (skewedBy(fold) !== null) return null;
  if (clockErrorUs !== null) return clockErrorUs + OWN_ERROR_US;
  // Each worker reaches it on its own machine, whose clock both read.
  return isOnLoopback(facts.scenario) ? OWN_ERROR_US : null;
}

/** The times of a clock that was set are in one distribution with all others. null: none was. */
function skewedBy({ outside }: RunFold): string | null {
  const skew = outside.ordered.find(({ effect }) => effect.kind === "skew");
  return skew === undefined ? null : `the fault ${skew.id} has set the clocks of workers`;
}

/** null: it may be told. @param times null: there are none */
export function whyWithheld(
  times: MergedHistogram | null,
  clockErrorUs: number | null,
): string | null {
  if (clockErrorUs === null) {
    return "the target is on another machine, and how far its clock is off is not known; say so by clockError";
  }
  if (times === null || times.quantile(0.5) >= clockErrorUs) return null;
  return "half of the messages took less than the clocks may be apart";
}
