/**
 * Probe run: half the messages per second of each connection. A limit on the age ends connections at the same age, one on the number of
 * messages at twice the age and the same number, one on the rate none. Listed in registry.ts. Invariant: connections are held for longer than
 * the number of messages takes at half the rate, so that who is spared could have been ended by it.
 */
import { count, partOf } from "../../text.ts";
import { areSpared, endingsBy, isSame, sameEndings, secondsText } from "./endings.ts";
import type { ProbeKind } from "./kind.ts";
import { enoughOf, probeScenario, upAndHeld } from "./plan.ts";

const FACTOR = 0.5;
/** Fewer messages are no number to be told from another. */
const LEAST_SENT = 4;
/** Of the age: at half the rate the same number takes twice as long. */
const HELD = 3;
const MOST_RISE_SECONDS = 5;
/** Of the connections. */
const ENDED = 0.5;

export const halfRate: ProbeKind = {
  id: "half-rate",
  change: "half the messages per second",
  doc: "100 connections at most, held 3 times as long as the age at which they were ended: that they are ended at the same age is a longest lifetime, after the same number of messages a quota, and that they stay is a limit on the rate",
  causes: ["maximum-lifetime", "message-quota", "message-rate-limit"],
  settles: /fits as well|as well \(.*\): this run cannot tell them apart|which one is not known/,
  plan(scenario, { signals, hypothesis }) {
    const before = endingsBy(signals, hypothesis);
    if (before === null || before.sent < LEAST_SENT) return null;
    const load = {
      connections: enoughOf(signals),
      riseSeconds: Math.min(MOST_RISE_SECONDS, before.ageSeconds),
      holdSeconds: HELD * before.ageSeconds,
      factor: FACTOR,
    };
    return probeScenario(scenario, upAndHeld(load));
  },
  read({ signals, hypothesis }, second) {
    const before = endingsBy(signals, hypothesis);
    const now = sameEndings(second, hypothesis);
    if (before === null || now === null) return { named: null, seen: "too few were looked at." };
    const { established } = second.fold.merge.counters();
    const ended = partOf(now.count, Math.max(established, now.count));
    if (areSpared(second, now))
      return {
        named: "message-rate-limit",
        seen: `connections stayed open: ${ended} of them were ended so.`,
      };
    const [age, sent] = [secondsText(now.ageSeconds), count(Math.round(now.sent))];
    const were = `they were ended at ${age}, after ${sent} messages (${secondsText(before.ageSeconds)} and ${count(Math.round(before.sent))} before)`;
    if (now.share >= ENDED && isSame(now.ageSeconds, before.ageSeconds))
      return { named: "maximum-lifetime", seen: `${were}: at the same age.` };
    if (now.share >= ENDED && isSame(now.sent, before.sent))
      return { named: "message-quota", seen: `${were}: after as many messages.` };
    return { named: null, seen: `${were}.` };
  },
};
