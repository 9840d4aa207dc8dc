/**
 * What a run needs of a worker, by its documents: room, a version it speaks, and whether it still needs anybody. Used by
 * worker-session.ts and run-execution.ts. Pure.
 */

import { OnrushError } from "../../shared/errors.ts";
import { buildPopulation, upTo } from "../../shared/load/arrivals.ts";
import { messageRate } from "../../shared/load/message-rate.ts";
import { connectionsOf, type ShardSizes } from "../../shared/load/split.ts";
import { oneLine } from "../../shared/log.ts";
import { isFinal, type RunDocument } from "../../shared/wire/command.ts";
import { type PlanDocument, WIRE_VERSION } from "../../shared/wire/plan.ts";
import type { WorkerInfo } from "../../shared/wire/worker-info.ts";
import type { WorkerLimits } from "../config.ts";

const SECOND_US = 1_000_000;

/** A run that is over, or forgotten, needs no worker. */
export function isRunOver(document: RunDocument | null): boolean {
  return document === null || isFinal(document.state);
}

export function sizesOf({ scenario, shards }: PlanDocument): ShardSizes {
  return { shards, peak: buildPopulation(scenario).peakPlanned };
}

/**
 * What a shard does in its busiest second, by plan: messages sent or connections opened, whichever are more. What a target
 * has a connection send beside the plan is not in it.
 */
function ratePerShard({ scenario, shards }: PlanDocument): number {
  const { profile, arrivals, peakPlanned } = buildPopulation(scenario);
  const factor = Math.max(...scenario.phases.map(({ messageFactor }) => messageFactor));
  const messages = messageRate(scenario, peakPlanned) * factor;
  let opens = 0;
  for (let fromUs = 0; fromUs < profile.durationUs; fromUs += SECOND_US) {
    const untilUs = fromUs + SECOND_US;
    const arrived = upTo(arrivals.openUs, untilUs) - upTo(arrivals.openUs, fromUs);
    opens = Math.max(opens, profile.opensBetween(fromUs, untilUs) + arrived);
  }
  return Math.max(messages, opens) / shards;
}

/** Slices of the run that a worker's --max-rate lets it hold. */
export function mostSlices(plan: PlanDocument, { maxRate }: WorkerLimits): number {
  if (maxRate === null) return Number.POSITIVE_INFINITY;
  return Math.floor(maxRate / ratePerShard(plan));
}

/** What a worker has to offer a run. */
export interface Offer {
  readonly info: WorkerInfo;
  readonly limits: WorkerLimits;
  /** Slices it is to hold. */
  readonly slices: number;
}

/** Why this worker does not work on the plan; "" when it does. What names a code ends a run that has not begun. */
export function refusalOf(plan: PlanDocument, { info, limits, slices }: Offer): string {
  if (plan.version !== WIRE_VERSION) {
    return `run ${oneLine(String(plan.run), 80)} has a plan of version ${oneLine(String(plan.version), 20)}, this worker speaks ${WIRE_VERSION}`;
  }
  try {
    const connections = connectionsOf(sizesOf(plan), 1);
    if (connections > info.capacity) {
      const by = limits.maxConnections === info.capacity ? " at most (--max-connections)" : "";
      return `a shard of run ${plan.run} holds ${connections} connections, this worker ${info.capacity}${by}`;
    }
    const { maxRate } = limits;
    const rate = maxRate === null ? 0 : Math.ceil(ratePerShard(plan) * slices);
    if (maxRate === null || rate <= maxRate) return "";
    return `ONRUSH_LIMITS_TOO_LOW this worker's part of run ${plan.run} is ${rate} messages or opened connections in its busiest second, and it does ${maxRate} at most (--max-rate)`;
  } catch (error) {
    if (!(error instanceof OnrushError)) throw error;
    return `the plan of run ${plan.run} cannot be used: ${oneLine(error.message, 300)}`;
  }
}
