/**
 * How many messages a scenario sends by plan, over all of its roles. Called by whoever sizes or bounds a run: plan, caps,
 * estimates. Pure.
 */
import { rolesOf } from "../scenario/names.ts";
import type { StrictScenario } from "../scenario/strict.ts";

/** Messages per second by schedule while so many connections are open, before a phase's factor. */
export function messageRate(scenario: StrictScenario, open: number): number {
  let perSec = 0;
  for (const { messages, share } of rolesOf(scenario)) {
    if (messages === null) continue;
    perSec += messages.rate.perSec * (messages.rate.kind === "total" ? 1 : open * share);
  }
  return perSec;
}

/** Whether anything is sent by a schedule. */
export function sendsMessages(scenario: StrictScenario): boolean {
  return rolesOf(scenario).some(({ messages }) => messages !== null);
}
