/**
 * Probe run: connections that send something several times within the age at which they were ended. An idle timeout spares them then, and
 * the first run had none that talked as often. Listed in registry.ts. Invariant: that pings alone keep nobody open proves nothing, as a
 * service may not count them: it is decided against an idle timeout only where messages were sent.
 */
import { rolesOf } from "../../../../shared/scenario/names.ts";
import type { StrictScenario } from "../../../../shared/scenario/strict.ts";
import { count, partOf } from "../../text.ts";
import { areSpared, endingsBy, isSame, sameEndings, secondsText } from "./endings.ts";
import type { ProbeKind } from "./kind.ts";
import { enoughOf, probeScenario, upAndHeld, withPings } from "./plan.ts";

/** Messages within the age at which connections were ended: who sent as many before is not idle. */
const PER_AGE = 6;
const TALKS = 3;
/** Of the age, how long they are held. */
const HELD = 2.5;
const MOST_RISE_SECONDS = 5;
/** Of the connections. */
const ENDED = 0.5;
/** Messages a second, of all connections of the probe run. */
const MOST_RATE = 500;

export const busier: ProbeKind = {
  id: "busier",
  change: "more messages, and pings",
  doc: "100 connections at most that send 6 times within the age at which they were ended (500 messages a second together at most), and ping: that they stay is an idle timeout, that they end at the same age although they send is a longest lifetime",
  causes: ["idle-timeout", "maximum-lifetime"],
  settles: /fits as well|as well \(.*\): this run cannot tell them apart/,
  plan(scenario, { signals, hypothesis }) {
    const before = endingsBy(signals, hypothesis);
    if (before === null || before.sent >= TALKS) return null;
    const { ageSeconds } = before;
    const connections = enoughOf(signals);
    const load = {
      connections,
      riseSeconds: Math.min(MOST_RISE_SECONDS, ageSeconds),
      holdSeconds: HELD * ageSeconds,
      factor: factorOf(scenario, { connections, ageSeconds }),
    };
    const planned = probeScenario(scenario, upAndHeld(load));
    const everyUs = (ageSeconds / PER_AGE) * 1_000_000;
    return planned && withPings(planned, { connections, everyUs });
  },
  read({ signals, hypothesis }, second) {
    const before = endingsBy(signals, hypothesis);
    const now = sameEndings(second, hypothesis);
    if (before === null || now === null) return { named: null, seen: "too few were looked at." };
    const { established } = second.fold.merge.counters();
    const ended = partOf(now.count, Math.max(established, now.count));
    const age = secondsText(before.ageSeconds);
    if (areSpared(second, now))
      return {
        named: "idle-timeout",
        seen: `connections stayed open beyond ${age}: ${ended} of them were ended so.`,
      };
    if (now.share < ENDED || !isSame(now.ageSeconds, before.ageSeconds))
      return { named: null, seen: `${ended} of the connections were ended so, at other ages.` };
    if (now.sent < TALKS)
      return { named: null, seen: "they were ended at the same age, but had sent pings alone." };
    return {
      named: "maximum-lifetime",
      seen: `they were ended at ${secondsText(now.ageSeconds)} again, although each had sent ${count(now.sent)} messages by then.`,
    };
  },
};

/** On the rates, so that the most silent role sends as often; 1: there is none that sends, or it would be too much. */
function factorOf(
  scenario: StrictScenario,
  { connections, ageSeconds }: { readonly connections: number; readonly ageSeconds: number },
): number {
  const rates = rolesOf(scenario).map(({ share, messages }) => {
    const { kind, perSec } = messages?.rate ?? { kind: "total", perSec: 0 };
    const own = Math.max(1, share * connections);
    return { own, perSec: kind === "perConnection" ? perSec : perSec / own };
  });
  const least = Math.min(...rates.map(({ perSec }) => perSec));
  const factor = Math.max(1, PER_AGE / ageSeconds / least);
  const all = rates.reduce((sum, { own, perSec }) => sum + own * perSec * factor, 0);
  return Number.isFinite(factor) && all <= MOST_RATE ? factor : 1;
}
