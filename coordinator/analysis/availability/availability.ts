/**
 * The availability of what a run was held against: who was served of those that should have been, outages, and what they say about
 * times between and to repair. Pure, over the fold; used by thresholds and the summary. Invariants: what faults of the scenario
 * are to blame for is left out unless it is asked for; so are the seconds in which the generator, or the loss of a worker, disturbed the load.
 */
import { availabilityIn } from "../../../shared/scenario/defaults.ts";
import type { StrictAvailability } from "../../../shared/scenario/strict.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { isLeftOut } from "../judged.ts";
import { type ClusteredShare, clusteredShare } from "../stats/clustered-share.ts";
import type { Interval } from "../stats/interval.ts";
import { type MeanTime, meanTimeBetween, meanTimeToRepair } from "../stats/reliability.ts";
import { type Outage, outagesOf, type ServedSecond } from "./outages.ts";
import { type WorstWindow, worstWindows } from "./windows.ts";

export const CONFIDENCE = 0.95;

export interface Availability {
  /** Share of the time of users in which they were served. */
  readonly userUptime: number;
  /** null: the run is too short for one. */
  readonly interval: ClusteredShare | null;
  /** Time of users, and run time in which there were any. */
  readonly upSeconds: number;
  readonly downSeconds: number;
  readonly seconds: number;
  readonly outages: readonly Outage[];
  readonly mtbf: MeanTime | null;
  /** Of outages that ended. */
  readonly mttr: MeanTime | null;
  readonly worst: readonly WorstWindow[];
  /** Downtime as a part of what the objective allows. */
  readonly burn: number;
}

export interface AvailabilityScope {
  readonly phases: ReadonlySet<number>;
  /** null: all together. */
  readonly target: number | null;
}

/** null: nobody was to be served in a second that counts. */
export function availabilityOf(fold: RunFold, scope: AvailabilityScope): Availability | null {
  const { uptime } = fold.merge;
  if (!uptime.isUsed || uptime.isPartial) return null;
  const seconds = uptime.seconds(scope.phases, scope.target).map((second, at): ServedSecond => {
    return second.upMs + second.downMs > 0 && !isLeftOut(fold, at) ? second : null;
  });
  return availabilityOfSeconds(seconds, availabilityIn(fold.facts.scenario));
}

export function availabilityOfSeconds(
  all: readonly ServedSecond[],
  rule: StrictAvailability,
): Availability | null {
  const known = all.flatMap((second) => (second === null ? [] : [second]));
  const upMs = known.reduce((sum, second) => sum + second.upMs, 0);
  const downMs = known.reduce((sum, second) => sum + second.downMs, 0);
  if (upMs + downMs === 0) return null;
  const outages = outagesOf(all, rule);
  const ended = outages.filter(({ goesOn }) => !goesOn);
  const outSeconds = sumOf(outages);
  const userUptime = upMs / (upMs + downMs);
  return {
    userUptime,
    interval: upwards(
      clusteredShare(
        all.map((second) => {
          return second === null
            ? { of: 0, count: 0 }
            : { of: (second.upMs + second.downMs) / 1000, count: second.downMs / 1000 };
        }),
        CONFIDENCE,
      ),
    ),
    ...{ upSeconds: upMs / 1000, downSeconds: downMs / 1000, seconds: known.length },
    outages,
    mtbf: meanTimeBetween(known.length - outSeconds, outages.length, CONFIDENCE),
    mttr: meanTimeToRepair(sumOf(ended), ended.length, CONFIDENCE),
    worst: worstWindows(all),
    burn: (1 - userUptime) / (1 - rule.objective),
  };
}

function sumOf(outages: readonly Outage[]): number {
  return outages.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** The share that was served, of the one that was not. */
function upwards(down: ClusteredShare | null): ClusteredShare | null {
  if (down === null) return null;
  const turned: Interval = { estimate: 1 - down.estimate, low: 1 - down.high, high: 1 - down.low };
  return { ...down, ...turned };
}
