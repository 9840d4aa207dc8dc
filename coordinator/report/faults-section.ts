/**
 * The part of summary.json about faults. Pure; used by summary.ts. Invariant: one entry for each window that has begun, in the order
 * of the scenario.
 */
import { type FaultWindow, faultWindows } from "../../shared/scenario/fault-windows.ts";
import { outcomesOf } from "../../shared/scenario/names.ts";
import type { MergedHistogram } from "../../shared/stats/histogram.ts";
import { type Disturbance, disturbanceOf } from "../analysis/aftermath/disturbance.ts";
import { aftermathOf } from "../analysis/aftermath/goodput.ts";
import { meanwhileOf } from "../analysis/aftermath/meanwhile.ts";
import { latencyIn, type Stretch } from "../analysis/aftermath/unaffected.ts";
import { restoredWithin } from "../analysis/rules/recovered.ts";
import type { Interval } from "../analysis/stats/interval.ts";
import { phaseSpans } from "../merge/facts.ts";
import { countsOfWindow, hitBy, nameOfWindow } from "../merge/fault-counts.ts";
import type { ToldFault } from "../merge/fault-log.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { toMs } from "./quantiles.ts";
import type { Summary } from "./summary-schema.ts";

const SECOND_US = 1_000_000;
/** Before and after. */
const AROUND_SECONDS = 10;
const MOST_STEPS = 400;

type Fault = Summary["faults"][number];

export function faultsSection(fold: RunFold): Fault[] {
  return faultWindows(fold.facts.scenario).flatMap((window) => {
    const told = fold.faults.told.get(window.position);
    return told === undefined ? [] : [row(fold, window, told)];
  });
}

function row(fold: RunFold, window: FaultWindow, { victims }: ToldFault): Fault {
  const { merge, facts } = fold;
  const { position, id, fault, fromUs, untilUs } = window;
  const counts = countsOfWindow(merge, facts.scenario, position);
  const affected = hitBy(merge, facts.scenario, position);
  const restore = timesOf(fold, window, "restore");
  const notice = timesOf(fold, window, "notice");
  const { recovered } = fault;
  const by = (share: number) => timeBy(restore, Math.ceil(share * affected));
  return {
    ...{ id, kind: fault.act.kind, from: toMs(fromUs), to: toMs(untilUs) },
    planned: victims,
    affected,
    unaffected: unaffectedBy(fold, window, affected),
    ...{ restored: counts.completed, gaveUp: counts.failed, closed: counts.abandoned },
    noticed: counts.noticed,
    detectMs: notice && toMs(notice.quantile(0.5)),
    recovered: { to50Ms: by(0.5), to95Ms: by(0.95), to99Ms: by(0.99) },
    attempts: counts.attempts,
    peakHandshakes: peakHandshakes(fold, window, restore),
    messages: {
      ...{ notSent: counts.notSent, cutOff: counts.cutOff },
      ...(counts.extra > 0 && { extra: counts.extra - counts.extraDiscarded }),
    },
    latency: latencyAround(fold, window, restore),
    goodput: goodputAround(fold, disturbanceOf(fold, window)),
    ...outcomesSection(fold, window),
    wanted: recovered && {
      ...{ withinMs: toMs(recovered.withinUs), share: recovered.share },
      observed: restoredWithin(fold, window, recovered.withinUs),
    },
  };
}

function outcomesSection({ merge, facts: { scenario } }: RunFold, window: FaultWindow) {
  const positions = [...outcomesOf(scenario, window)];
  if (positions.length === 0) return {};
  const outcomes = positions.flatMap(([outcome, position]) => {
    const count = merge.names.sum(position).arrived;
    return count > 0 ? [[outcome, count] as const] : [];
  });
  const times = positions.flatMap(([outcome, position]) => {
    const taken = timesOfName(merge, position, "notice");
    return taken === null ? [] : [[outcome, timesRow(taken)] as const];
  });
  return {
    outcomes: Object.fromEntries(outcomes),
    ...(times.length > 0 && { outcomeMs: Object.fromEntries(times) }),
  };
}

function timesRow(times: MergedHistogram) {
  const quantile = (part: number) => toMs(times.quantile(part));
  return { p50: quantile(0.5), p99: quantile(0.99), max: toMs(times.max) };
}

function timesOf(
  { merge, facts }: RunFold,
  { position }: FaultWindow,
  metric: "restore" | "notice",
): MergedHistogram | null {
  return timesOfName(merge, nameOfWindow(facts.scenario, position), metric);
}

function timesOfName(
  { series }: RunFold["merge"],
  position: number,
  metric: "restore" | "notice",
): MergedHistogram | null {
  const times = series.total({ metric, phases: null, names: new Set([position]) });
  return times === null || times.count === 0 ? null : times;
}

/** Of all connections that a fault hit, how many were open again so soon; times as those of `recovered`. */
export interface RecoveryCurve {
  readonly id: string;
  readonly affected: number;
  /** Rising; the first is 0 at once, the last is all that were restored. */
  readonly points: readonly { readonly ms: number; readonly share: number }[];
}

/** Of faults that hit anybody; a curve has MOST_STEPS steps at most. */
export function recoveryCurves(fold: RunFold): RecoveryCurve[] {
  const { merge, facts, faults } = fold;
  return faultWindows(facts.scenario).flatMap((window) => {
    const affected = hitBy(merge, facts.scenario, window.position);
    if (!faults.told.has(window.position) || affected === 0) return [];
    const restore = timesOf(fold, window, "restore");
    const restored = restore?.count ?? 0;
    const steps = Math.min(restored, MOST_STEPS);
    const points = Array.from({ length: steps }, (_, step) => {
      const rank = Math.ceil((restored * (step + 1)) / steps);
      return { ms: timeBy(restore, rank) ?? 0, share: rank / affected };
    });
    return [{ id: window.id, affected, points: [{ ms: 0, share: 0 }, ...points] }];
  });
}

/** When the `rank`-th came, milliseconds; null: it did not. */
function timeBy(times: MergedHistogram | null, rank: number): number | null {
  if (times === null || rank === 0 || rank > times.count) return null;
  return toMs(times.quantile(rank / times.count));
}

/** Those that were open at the end of the second before it began, and were not hit; null: nobody has told. */
function unaffectedBy(
  { merge: { timeline } }: RunFold,
  { fromUs }: FaultWindow,
  affected: number,
): number | null {
  const before = Math.floor(fromUs / SECOND_US) - 1;
  if (before < 0 || before >= timeline.length) return null;
  return Math.max(0, timeline.openGauge.atEndOf(before) - affected);
}

function peakHandshakes(
  { merge: { timeline } }: RunFold,
  { fromUs, untilUs }: FaultWindow,
  restore: MergedHistogram | null,
): number {
  const endUs = untilUs + (restore?.max ?? 0);
  let most = 0;
  for (let second = Math.floor(fromUs / SECOND_US); second * SECOND_US <= endUs; second++) {
    const counts = timeline.row(second);
    most = Math.max(most, (counts?.opened ?? 0) + (counts?.failed ?? 0));
  }
  return most;
}

function latencyAround(
  fold: RunFold,
  { fromUs, toUs }: FaultWindow,
  restore: MergedHistogram | null,
): Fault["latency"] {
  const from = Math.floor(fromUs / SECOND_US);
  const to = Math.max(from + 1, Math.ceil((toUs + (restore?.max ?? 0)) / SECOND_US));
  const until = Math.min(to + AROUND_SECONDS, endSecond(fold));
  const row = (stretch: Stretch) => {
    const seen = latencyIn(fold, stretch);
    return seen && { replies: seen.count, p50: quantile(seen.p50), p99: quantile(seen.p99) };
  };
  return {
    before: row({ from: Math.max(0, from - AROUND_SECONDS), to: from }),
    during: row({ from, to }),
    after: row({ from: to, to: until }),
  };
}

function quantile(of: Interval | number) {
  if (typeof of === "number") return { ms: toMs(of), low: null, high: null };
  return { ms: toMs(of.estimate), low: toMs(of.low), high: toMs(of.high) };
}

function goodputAround(fold: RunFold, disturbed: Disturbance): Fault["goodput"] {
  const { before, after, back, backSeconds, down } = aftermathOf(fold, disturbed);
  const meanwhile = meanwhileOf(fold, disturbed);
  const { returned = null } = down ?? {};
  return {
    ...{ before, after, back, backMs: backSeconds === null ? null : backSeconds * 1000 },
    ...(meanwhile !== null && { during: meanwhile }),
    ...(returned !== null && {
      returned: { afterMs: returned.seconds * 1000, load: returned.load },
    }),
  };
}

function endSecond({ facts: { scenario } }: RunFold): number {
  return Math.floor((phaseSpans(scenario).at(-1)?.toUs ?? 0) / SECOND_US);
}
