/**
 * What a run needs of a worker, by its documents: room, a version it speaks, and whether it still needs anybody. Used by
 * incarnation.ts and run-execution.ts. Pure.
 */
import { OnrushError } from "../../shared/errors.ts";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { oneLine } from "../../shared/log.ts";
import { isFinal, type RunDocument } from "../../shared/wire/command.ts";
import { type PlanDocument, WIRE_VERSION } from "../../shared/wire/plan.ts";
import type { WorkerInfo } from "../../shared/wire/worker-info.ts";

/** A run that is over, or forgotten, needs no worker. */
export function isRunOver(document: RunDocument | null): boolean {
  return document === null || isFinal(document.state);
}

/** By the plan's peak over its shards, which hold every S-th connection each. */
export function connectionsPerShard(plan: PlanDocument): number {
  return Math.max(1, Math.ceil(buildPopulation(plan.scenario).peakPlanned / plan.shards));
}

/** Why this worker cannot work on the plan; "" when it can. */
export function refusalOf(plan: PlanDocument, info: WorkerInfo): string {
  if (plan.version !== WIRE_VERSION) {
    return `run ${oneLine(String(plan.run), 80)} has a plan of version ${oneLine(String(plan.version), 20)}, this worker speaks ${WIRE_VERSION}`;
  }
  try {
    const connections = connectionsPerShard(plan);
    return connections <= info.capacity
      ? ""
      : `a shard of run ${plan.run} holds ${connections} connections, this worker ${info.capacity}`;
  } catch (error) {
    if (!(error instanceof OnrushError)) throw error;
    return `the plan of run ${plan.run} cannot be used: ${oneLine(error.message, 300)}`;
  }
}
