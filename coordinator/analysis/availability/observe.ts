/**
 * What a rule on availability looks at. Called by ../observe.ts. Pure. Invariant: without an outage a time between outages is judged
 * by its least mean, and a time to repair is none.
 */
import type { StrictThreshold } from "../../../shared/scenario/strict.ts";
import { MAX_TARGETS } from "../../merge/uptime-series.ts";
import type { Observation, Scope } from "../observe-count.ts";
import { type Availability, availabilityOf } from "./availability.ts";

const SECOND_US = 1_000_000;

export function observeAvailability(
  { fold, phases, targets }: Scope,
  threshold: StrictThreshold,
): Observation {
  const { uptime } = fold.merge;
  const [target = null] = targets ?? [];
  if (target !== null && target >= MAX_TARGETS) {
    return { missing: `availability is told of the first ${MAX_TARGETS} targets` };
  }
  const seen = availabilityOf(fold, { phases, target });
  if (seen !== null) return { value: statisticOf(seen, threshold.statistic) };
  if (uptime.isPartial) {
    return { missing: "a worker's version of Onrush did not measure availability" };
  }
  const isMasked = uptime
    .seconds(phases, target)
    .some(({ upMs, downMs }) => upMs > 0 || downMs > 0);
  return isMasked
    ? {
        missing:
          "no second counts: the generator was saturated, or a lost worker disturbed the load",
        untrusted: true,
      }
    : { missing: "nobody was to be served" };
}

function statisticOf(seen: Availability, statistic: string): number {
  const { outages, mtbf, mttr } = seen;
  switch (statistic) {
    case "outages":
      return outages.length;
    case "longest":
      return Math.max(0, ...outages.map(({ from, to }) => to - from)) * SECOND_US;
    case "mtbf":
      return (mtbf?.estimate ?? mtbf?.low ?? 0) * SECOND_US;
    case "mttr":
      return (mttr?.estimate ?? 0) * SECOND_US;
    case "burn":
      return seen.burn;
    default:
      return seen.userUptime;
  }
}
