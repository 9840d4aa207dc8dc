/**
 * Probe run: as many connections, which come at half the rate. A limit of open connections turns away at the same number again; one on new
 * connections per second lets more of them in. Listed in registry.ts. Invariant: decided by how many were open at most, and only where one
 * of both must have made that number.
 */
import { count } from "../../text.ts";
import { countOf, type Signals } from "../signals.ts";
import type { ProbeKind } from "./kind.ts";
import { peakOf, probeScenario, upAndHeld } from "./plan.ts";

/** Where connections come at once. */
const LEAST_RISE_SECONDS = 10;
const SLOWER = 2;
const HELD_SECONDS = 5;
const LEAST_REFUSED = 5;
/** Open connections at most, of the run before: no more, or clearly more. */
const AS_MANY = 1.05;
const MORE = 1.2;

export const slowerRamp: ProbeKind = {
  id: "slower-ramp",
  change: "connections that come at half the rate",
  doc: "as many connections, over twice the time, 10 s at least: that they are turned away at the same number of open ones is a limit of connections, that a fifth more get in is one on new connections per second",
  causes: ["connection-cap", "handshake-rate-limit"],
  settles:
    /^A limit of attempts per second that sets in as late|^There was no second with attempts in which none/,
  plan(scenario, { signals }) {
    const connections = peakOf(signals);
    const { plannedOpen } = signals.fold.facts;
    const full = plannedOpen.findIndex((open) => open >= connections) + 1;
    const riseSeconds = Math.max(LEAST_RISE_SECONDS, SLOWER * full);
    const load = { connections, riseSeconds, holdSeconds: HELD_SECONDS, factor: 1 };
    return probeScenario(scenario, upAndHeld(load));
  },
  read({ signals, hypothesis }, second) {
    const [before, now] = [mostOpen(signals), mostOpen(second)];
    const refused = hypothesis.symptoms.reduce(
      (sum, { kind, code }) => sum + countOf(second.of(kind, code ?? undefined)),
      0,
    );
    const seen = `${count(now)} connections were open at most, ${count(before)} before, and ${count(refused)} attempts were turned away.`;
    if (refused >= LEAST_REFUSED && now <= AS_MANY * before && before <= AS_MANY * now)
      return { named: "connection-cap", seen };
    if (now >= MORE * before) return { named: "handshake-rate-limit", seen };
    return { named: null, seen };
  },
};

function mostOpen({ rows }: Signals): number {
  return rows.reduce((most, { open }) => Math.max(most, open), 0);
}
