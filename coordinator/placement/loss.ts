/**
 * What a lost worker may have done unseen: bounds made of the plan, for the summary. Pure; called by worker-watch.ts.
 * Invariant: upper bounds; of what frames tell nothing is counted again.
 */
import { sendsMessages } from "../../shared/load/message-rate.ts";
import { rolesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { RunFacts } from "../merge/facts.ts";

/** Standard deviations beyond the mean that a Poisson count stays below for any seed that will ever be used. */
const DEVIATIONS = 6;

export interface Unseen {
  /** Shards it held slices of. */
  readonly shards: number;
  /** Run time of which nobody knows what it did, microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
}

/** Messages it may have sent in the unseen time, at most. */
export function messagesAtMost(facts: RunFacts, { shards, fromUs, toUs }: Unseen): number {
  const seconds = (Math.min(toUs, facts.durationUs + facts.drainUs) - fromUs) / 1_000_000;
  if (!sendsMessages(facts.scenario) || seconds <= 0 || shards === 0) return 0;
  const connections = Math.ceil(highestPlanned(facts, fromUs, toUs) / facts.shards) * shards;
  // All of a shard's connections may be of the role that sends most.
  let each = 0;
  let together = 0;
  let isRandom = false;
  for (const { messages } of rolesOf(facts.scenario)) {
    if (messages === null) continue;
    const { rate, arrival } = messages;
    if (rate.kind === "total") together += rate.perSec;
    else each = Math.max(each, rate.perSec);
    if (arrival === "poisson") isRandom = true;
  }
  const perSec = each * connections + (together * shards) / facts.shards;
  const mean = perSec * highestFactor(facts.scenario) * seconds;
  // A gap may have begun before the unseen time: one more for each connection.
  const spread = isRandom ? DEVIATIONS * Math.sqrt(mean) : 0;
  return Math.ceil(mean + spread) + connections;
}

/** Highest planned concurrency at any second that the time touches. */
function highestPlanned({ plannedOpen }: RunFacts, fromUs: number, toUs: number): number {
  let highest = 0;
  const last = Math.min(Math.ceil(toUs / 1_000_000), plannedOpen.length - 1);
  for (let second = Math.max(0, Math.floor(fromUs / 1_000_000) - 1); second <= last; second++) {
    highest = Math.max(highest, plannedOpen[second] ?? 0);
  }
  return highest;
}

function highestFactor({ phases }: StrictScenario): number {
  return Math.max(0, ...phases.map(({ messageFactor }) => messageFactor));
}
