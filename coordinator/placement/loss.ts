/**
 * What a lost worker may have done unseen: bounds made of the plan, for the summary. Pure; called by worker-watch.ts.
 * Invariant: upper bounds; of what frames tell nothing is counted again.
 */
import { sendsMessages } from "../../shared/load/message-rate.ts";
import { faultWindows } from "../../shared/scenario/fault-windows.ts";
import { rolesOf } from "../../shared/scenario/names.ts";
import { faultKindOf } from "../../shared/scenario/sections/faults/registry.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { RunFacts } from "../merge/facts.ts";

const SECOND_US = 1_000_000;
/** Standard deviations beyond the mean that a Poisson count stays below for any seed that will ever be used. */
const DEVIATIONS = 6;

export interface Unseen {
  /** Shards it held slices of. */
  readonly shards: number;
  /** Run time of which nobody knows what it did, microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
}

/** Messages it may have sent in the unseen time, at most: by the plan, and by faults beside it. */
export function messagesAtMost(facts: RunFacts, unseen: Unseen): number {
  const { shards, fromUs } = unseen;
  const toUs = Math.min(unseen.toUs, facts.durationUs + facts.drainUs);
  if (toUs <= fromUs || shards === 0) return 0;
  const connections = Math.ceil(highestPlanned(facts, fromUs, toUs) / facts.shards) * shards;
  const own = ownAtMost(facts, { shards, connections, seconds: (toUs - fromUs) / SECOND_US });
  return own + extraAtMost(facts, { connections, own, fromUs, toUs });
}

interface Held {
  readonly shards: number;
  readonly connections: number;
  readonly seconds: number;
}

function ownAtMost(facts: RunFacts, { shards, connections, seconds }: Held): number {
  if (!sendsMessages(facts.scenario)) return 0;
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

/** What faults may have had all of them send. */
function extraAtMost(
  { scenario }: RunFacts,
  unseen: { connections: number; own: number; fromUs: number; toUs: number },
): number {
  const { connections, own, fromUs, toUs } = unseen;
  let extra = 0;
  for (const window of faultWindows(scenario)) {
    const overlapUs = Math.min(toUs, window.untilUs) - Math.max(fromUs, window.fromUs);
    if (overlapUs < 0 || window.isCalledOff) continue;
    const { act } = window.fault;
    const extent = { connections, own, seconds: overlapUs / SECOND_US };
    extra += faultKindOf(act.kind).extra?.(act, extent) ?? 0;
  }
  return extra;
}

/** Highest planned concurrency at any second that the time touches. */
function highestPlanned({ plannedOpen }: RunFacts, fromUs: number, toUs: number): number {
  let highest = 0;
  const last = Math.min(Math.ceil(toUs / SECOND_US), plannedOpen.length - 1);
  for (let second = Math.max(0, Math.floor(fromUs / SECOND_US) - 1); second <= last; second++) {
    highest = Math.max(highest, plannedOpen[second] ?? 0);
  }
  return highest;
}

function highestFactor({ phases }: StrictScenario): number {
  return Math.max(0, ...phases.map(({ messageFactor }) => messageFactor));
}
