/**
 * Does the service come back when a fault is over? Replies in time a second, of all connections, beside what the plan offers, before the fault
 * and after it. A service that stays below although what disturbed it is gone holds itself down: a metastable failure (N. Bronson et al.,
 * HotOS 2021). Pure; called for the summary. Invariant: "no" only when it had the time that the definition gives it.
 */
import { phaseAt, phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { isLeftOut } from "../judged.ts";
import { median } from "../stats/interval.ts";

const SECOND_US = 1_000_000;
/** As before: this share of the goodput before it, in the median of so many seconds. */
const SHARE = 0.95;
const WINDOW_SECONDS = 5;
/** It has this long, or three times as long as the fault lasted. */
const LEAST_WAIT_SECONDS = 30;
const BEFORE_SECONDS = 10;

export interface Aftermath {
  /** Replies in time a second, medians; null: none was to be had. */
  readonly before: number | null;
  /** Of the last seconds that were looked at. */
  readonly after: number | null;
  /** unknown: no replies before it, or the run, or another fault, left it no time. */
  readonly back: "yes" | "no" | "unknown";
  /** From the end of the fault, seconds; null: it did not. */
  readonly backSeconds: number | null;
}

/** @param untilSecond when the next fault begins, or the plan ends */
export function aftermathOf(
  fold: RunFold,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
  untilSecond: number,
): Aftermath {
  const begin = Math.floor(fromUs / SECOND_US);
  const end = Math.ceil(toUs / SECOND_US);
  const last = Math.min(untilSecond, fold.closedThrough() + 1);
  const offered = offers(fold);
  const before = perOffer(fold, offered, Math.max(0, begin - BEFORE_SECONDS), begin);
  const usual = before.length === 0 ? 0 : median(before);
  const none = { before: null, after: null, back: "unknown", backSeconds: null } as const;
  if (usual <= 0) return none;
  let shown: number | null = null;
  for (let from = end; from + WINDOW_SECONDS <= last; from++) {
    const window = perOffer(fold, offered, from, from + WINDOW_SECONDS);
    if (window.length < WINDOW_SECONDS - 1) continue;
    const now = median(window);
    shown = now;
    if (now < SHARE * usual) continue;
    const backSeconds = Math.max(0, from - toUs / SECOND_US);
    return { ...rates(offered, begin, usual, now), back: "yes", backSeconds };
  }
  const waited = last - end;
  const wait = Math.max(LEAST_WAIT_SECONDS, (3 * (toUs - fromUs)) / SECOND_US);
  const back = waited >= wait && shown !== null ? "no" : "unknown";
  return { ...rates(offered, begin, usual, shown), back, backSeconds: null };
}

/** At the load before the fault. */
function rates(
  offered: (second: number) => number,
  begin: number,
  usual: number,
  now: number | null,
) {
  const load = offered(begin - 1);
  return { before: usual * load, after: now === null ? null : now * load };
}

/** What the plan offers in a second, in connections that send at their usual rate. */
function offers({ facts }: RunFold): (second: number) => number {
  const { scenario, plannedOpen } = facts;
  const spans = phaseSpans(scenario);
  return (second) => {
    const phase = phaseAt(spans, second * SECOND_US);
    const factor = scenario.phases[phase?.index ?? -1]?.messageFactor ?? 1;
    const open = ((plannedOpen[second - 1] ?? 0) + (plannedOpen[second] ?? 0)) / 2;
    return open * factor;
  };
}

/** Replies in time a second for what was offered, of the seconds that count. */
function perOffer(
  fold: RunFold,
  offered: (second: number) => number,
  from: number,
  to: number,
): number[] {
  const rows: number[] = [];
  for (let second = from; second < to; second++) {
    const load = offered(second);
    if (load <= 0 || isLeftOut(fold, second)) continue;
    const selection = { metric: "latency", phases: null, names: null } as const;
    const replies = fold.merge.series.histogram(selection, { from: second, to: second + 1 });
    rows.push((replies?.count ?? 0) / load);
  }
  return rows;
}
