/**
 * The part of summary.json on availability. Pure; used by summary.ts. Invariant: null where nobody was to be served, or a worker's
 * version did not measure it.
 */
import { availabilityIn } from "../../shared/scenario/defaults.ts";
import { availabilityOf, CONFIDENCE } from "../analysis/availability/availability.ts";
import type { Outage } from "../analysis/availability/outages.ts";
import { phasesThatCount, withInjected } from "../analysis/judged.ts";
import { type MeanTime, meanTimeBetween } from "../analysis/stats/reliability.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { MAX_TARGETS } from "../merge/uptime-series.ts";
import { labelOf } from "./model/failures.ts";
import type { SummaryAvailability } from "./summary-availability-schema.ts";

const SECOND_US = 1_000_000;
const MAX_OUTAGES = 200;

export function availabilitySection(fold: RunFold): SummaryAvailability | null {
  const phases = phasesThatCount(fold);
  const seen = availabilityOf(fold, { phases, target: null });
  if (seen === null) return null;
  const { objective, below, lastsUs, mergeUs } = availabilityIn(fold.facts.scenario);
  const { userUptime, interval, upSeconds, downSeconds, outages, mtbf, mttr } = seen;
  const listed = [...outages.map((one) => row(one, null)), ...byTarget(fold, phases)];
  return {
    userUptime,
    interval: interval && {
      ...{ low: interval.low, high: interval.high, trials: round(interval.effective) },
    },
    ...{ upSeconds: round(upSeconds), downSeconds: round(downSeconds) },
    observedSeconds: seen.seconds,
    injected: injectedOf(fold, phases),
    worst: seen.worst.map(({ seconds, uptime, from }) => {
      return { seconds, userUptime: uptime, from: from * 1000 };
    }),
    ...{ mtbfSeconds: rounded(mtbf?.estimate), mtbfInterval: intervalOf(mtbf) },
    ...{ mttrSeconds: rounded(mttr?.estimate), mttrInterval: intervalOf(mttr) },
    outageCount: outages.length,
    outages: listed.slice(0, MAX_OUTAGES),
    connections: connectionsOf(fold, phases),
    ...{ objective, burn: seen.burn },
    rule: { below, lastsSeconds: lastsUs / SECOND_US, mergeSeconds: mergeUs / SECOND_US },
  };
}

function byTarget(fold: RunFold, phases: ReadonlySet<number>): SummaryAvailability["outages"] {
  const { targets } = fold.facts.scenario;
  if (targets.length < 2) return [];
  return targets.slice(0, MAX_TARGETS).flatMap((target, at) => {
    const seen = availabilityOf(fold, { phases, target: at });
    return (seen?.outages ?? []).map((one) => row(one, labelOf(target, at)));
  });
}

function row(outage: Outage, target: string | null): SummaryAvailability["outages"][number] {
  const { from, to, depth, users, userSeconds, goesOn } = outage;
  return {
    target,
    ...{ from: Math.round(from * 1000), to: Math.round(to * 1000) },
    ...{ depth: Math.min(1, depth), users, userSeconds: round(userSeconds), goesOn },
  };
}

function injectedOf(fold: RunFold, phases: ReadonlySet<number>): SummaryAvailability["injected"] {
  const byFaults = new Set([...withInjected(fold, phases)].filter((phase) => !phases.has(phase)));
  const { upMs, downMs } = fold.merge.counters(byFaults);
  return { upSeconds: upMs / 1000, downSeconds: downMs / 1000 };
}

/** Far more of them end than there are outages, so this is known far better. */
function connectionsOf(
  fold: RunFold,
  phases: ReadonlySet<number>,
): SummaryAvailability["connections"] {
  const { upMs, dropped } = fold.merge.counters(phases);
  const mtbf = meanTimeBetween(upMs / 1000, dropped, CONFIDENCE);
  return { dropped, mtbfSeconds: rounded(mtbf?.estimate), mtbfInterval: intervalOf(mtbf) };
}

function intervalOf(time: MeanTime | null): SummaryAvailability["mtbfInterval"] {
  return time && { low: round(time.low), high: rounded(time.high) };
}

function rounded(seconds: number | null | undefined): number | null {
  return seconds == null ? null : round(seconds);
}

/** To the millisecond. */
function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
