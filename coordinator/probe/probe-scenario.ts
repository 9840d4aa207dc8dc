/**
 * A scenario cut down to one connection that is open for a while. Called by the probe command. Pure.
 * Invariant: what the connection says and expects is what the scenario says; only how much load there is changes.
 */
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { rolesOf } from "../../shared/scenario/names.ts";
import type { StrictMessages, StrictScenario } from "../../shared/scenario/strict.ts";
import type { StrictRole } from "../../shared/scenario/strict-conversation.ts";

/** Often enough to see each message, seldom enough to read along. */
const LEAST_PER_SEC = 1;
const MOST_PER_SEC = 5;

/** @param role the kind of user to be; null: the first */
export function probeScenario(
  scenario: StrictScenario,
  durationUs: number,
  role: string | null,
): StrictScenario {
  const connections = buildPopulation(scenario).connections;
  const roles = scenario.roles.filter(({ name }) => role === null || name === role).slice(0, 1);
  return {
    ...scenario,
    messages: atReadableRate(scenario.messages, connections),
    roles: roles.map((one): StrictRole => {
      return { ...one, share: 1, messages: atReadableRate(one.messages, connections) };
    }),
    phases: [
      { phase: "probe", exclude: false, durationUs, messageFactor: 1, ramp: "burst", to: 1 },
    ],
    faults: [],
    outside: [],
    thresholds: [],
    outputs: [],
  };
}

/** Names of the kinds of users there are. */
export function roleNames(scenario: StrictScenario): readonly string[] {
  return rolesOf(scenario)
    .map(({ name }) => name)
    .filter((name) => name !== "");
}

function atReadableRate(
  messages: StrictMessages | null,
  connections: number,
): StrictMessages | null {
  if (messages === null || messages.rate.perSec === 0) return messages;
  const { kind, perSec } = messages.rate;
  const own = kind === "total" ? perSec / Math.max(1, connections) : perSec;
  const readable = Math.min(MOST_PER_SEC, Math.max(LEAST_PER_SEC, own));
  return { ...messages, rate: { kind: "perConnection", perSec: readable } };
}
