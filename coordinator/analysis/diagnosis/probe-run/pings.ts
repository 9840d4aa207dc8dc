/**
 * Probe run: the same load with pings beside the messages. A process that stands still, or is busy all the time, answers no pings either;
 * handlers that wait for a lock or a dependency leave them alone. Listed in registry.ts. Invariant: without the same trouble in the second
 * run, or without pings that were answered there, nothing is decided.
 */
import { rolesOf } from "../../../../shared/scenario/names.ts";
import type { CauseId } from "../../findings/causes.ts";
import { pauses } from "../latency/pauses.ts";
import { saturation } from "../latency/saturation.ts";
import type { ProbeKind } from "./kind.ts";
import { MOST_SECONDS, peakOf, phasesUpTo, probeScenario, withPings } from "./plan.ts";

const LEAST_PINGS = 20;
/** In each pair the process itself comes first. */
const PAIRS: readonly (readonly CauseId[])[] = [
  ["event-loop-pauses", "periodic-stall"],
  ["saturation", "dependency-pool"],
];

export const pings: ProbeKind = {
  id: "pings",
  change: "pings beside the messages",
  doc: "the same load, up to 2 minutes of it, and each connection sends pings (200 a second together at most): pings that wait as well are of a process that stands still or is busy, pings that do not are of handlers that wait",
  causes: ["event-loop-pauses", "periodic-stall", "saturation", "dependency-pool"],
  settles: /^No pings were sent/,
  plan(scenario, { signals, hypothesis }) {
    const isPinging = rolesOf(scenario).some(({ connect }) => connect.heartbeat !== null);
    // What began later than that the probe run would not see.
    if (isPinging || hypothesis.from >= MOST_SECONDS) return null;
    const phases = phasesUpTo(scenario.phases, MOST_SECONDS);
    const planned = phases && probeScenario(scenario, phases);
    return planned && withPings(planned, { connections: peakOf(signals) });
  },
  read({ hypothesis }, second) {
    const pair = PAIRS.find((causes) => causes.includes(hypothesis.cause)) ?? [];
    const told = [...pauses.detect(second), ...saturation.detect(second)].find(({ cause }) =>
      pair.includes(cause),
    );
    if (told === undefined) return { named: null, seen: "it did not show again." };
    const answered = second.times("ping", [0, second.rows.length])?.count ?? 0;
    if (answered < LEAST_PINGS) return { named: null, seen: "hardly any ping was answered." };
    const waits = told.cause === pair[0] ? "waited as replies did" : "were answered at once";
    return {
      named: told.cause,
      seen: `it showed again, and pings ${waits} meanwhile.`,
    };
  },
};
