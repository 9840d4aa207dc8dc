/**
 * Detector: replies are slow in the seconds in which large messages nobody asked for go to many connections, and in no others; or such a
 * message takes long to reach its last receiver although replies are fast. Listed in ../registry.ts. Invariant: seconds with and without are
 * of one run at one load, and what the generator itself was late by in them is not the service's.
 */

import { phaseAt, phaseSpans } from "../../../merge/facts.ts";
import { listensOf, pushed } from "../../push.ts";
import { median } from "../../stats/interval.ts";
import { rankAbove } from "../../stats/rank-sum.ts";
import { count, ms, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { steadySeconds } from "./steady.ts";

const SECOND_US = 1_000_000;

/** Bytes of a pushed message: smaller ones hold up nobody. */
const LARGE_BYTES = 16_384;
/** Of the open connections, those that got one in such a second; and in a second without. */
const TO_MANY = 0.3;
const TO_FEW = 0.02;
const LEAST_SECONDS = 3;
const LEAST_REPLIES = 20;
/** p99 with, over p99 without, and by so much; and the share of pairs of seconds in which it is higher. */
const SLOWER = 3;
const LEAST_US = 10_000;
const SEPARATED = 0.9;
/** Of what replies take longer, the generator's own longest turn: then it is in doubt; and then it is the generator's. */
const OWN_IN_PART = 0.5;
const OWN = 0.8;
/** A fan-out: so many messages of a size, the last receiver so late, so many times as late as in small ones, and as replies. */
const LEAST_MESSAGES = 20;
const LAST_US = 100_000;
const TIMES_LATER = 5;
const MOSTLY_CLEAN = 0.9;

export const broadcast: Detector = {
  meta: {
    causes: ["slow-broadcast"],
    doc: "p99 of the replies is 3 times as long, and 10 ms longer, in seconds in which messages of 16 KiB or more that nobody asked for come to three of ten connections, in 3 seconds or more, and in nine of ten pairs of such a second with another; or pushed messages take 100 ms or more to their last receiver, 5 times as long as in scopes of a tenth of the size, and as replies",
    explains: [
      "event-loop-pauses",
      "periodic-stall",
      "network-loss",
      "network-latency",
      "network-jitter",
      "reordering",
    ],
  },
  detect: (signals) => [...heldUp(signals), ...slowFanOut(signals)],
};

interface PushSecond {
  readonly second: number;
  readonly p99Us: number;
  readonly lagUs: number;
  readonly replies: number;
  readonly pushes: number;
  readonly bytes: number;
}

function heldUp(signals: Signals): Hypothesis[] {
  const { loud, calm } = secondsOf(signals);
  if (loud.length < LEAST_SECONDS || calm.length < LEAST_SECONDS) return [];
  const middle = (of: readonly PushSecond[], read: (one: PushSecond) => number) =>
    median(of.map(read));
  const plainBytes = middle(calm, ({ bytes }) => bytes);
  const sizes = loud.map(({ bytes, pushes }) => (bytes - plainBytes) / pushes);
  const size = median(sizes);
  const [slow, fast] = [loud, calm].map((of) => middle(of, ({ p99Us }) => p99Us)) as [
    number,
    number,
  ];
  const more = slow - fast;
  if (size < LARGE_BYTES || slow < SLOWER * fast || more < LEAST_US) return [];
  const above = rankAbove(
    loud.map(({ p99Us }) => p99Us),
    calm.map(({ p99Us }) => p99Us),
  );
  const lag = middle(loud, ({ lagUs }) => lagUs);
  if (above < SEPARATED || lag > OWN * more) return [];
  const isOwnInPart = lag > OWN_IN_PART * more;
  const from = loud[0]?.second ?? 0;
  const to = (loud.at(-1)?.second ?? 0) + 1;
  return [
    {
      cause: "slow-broadcast",
      confidence: isOwnInPart ? "possible" : "likely",
      sentence: `Large broadcasts hold up other messages: p99 of the replies is ${ms(slow)} in seconds in which one goes out, ${ms(fast)} in others.`,
      evidence: [
        {
          sentence: `In ${loud.length} seconds messages of about ${count(Math.round(size / 1024))} KiB that nobody asked for came to many connections at once; in ${percent(above)} of all pairs of such a second and one without, p99 is higher in it (\`latency_p99_ms\` of timeline.csv).`,
          seconds: loud.map(({ second }) => [second, second + 1] as const).slice(0, 50),
        },
      ],
      against: [
        "Whether the service or the way to its clients is busy with them is not known.",
        ...(isOwnInPart
          ? [`The generator's own turns took up to ${ms(lag)} then: reading them takes time, too.`]
          : []),
      ],
      nextProbe:
        "Send the same broadcast with a tenth of its size: replies should be fast again. Then look at whether it is written to all connections in one turn.",
      from,
      to,
      impact: loud.reduce((sum, { replies }) => sum + replies, 0),
      symptoms: [],
    },
  ];
}

/** Of one load, in phases that count: with such messages for many, and without any. */
function secondsOf(signals: Signals): { loud: PushSecond[]; calm: PushSecond[] } {
  const { timeline } = signals.fold.merge;
  const loud: PushSecond[] = [];
  const calm: PushSecond[] = [];
  const spans = phaseSpans(signals.fold.facts.scenario);
  const steady = new Set(steadySeconds(signals).map(({ second }) => second));
  for (const { second, open, latencyUs, loopLagMaxUs } of signals.rows) {
    if (!steady.has(second) || phaseAt(spans, second * SECOND_US)?.excluded !== false) continue;
    const replies = latencyUs?.count ?? 0;
    if (replies < LEAST_REPLIES) continue;
    const pushes = timeline.counted(second, "unsolicited") + timeline.counted(second, "recognised");
    const bytes = timeline.counted(second, "bytesReceived");
    const p99Us = latencyUs?.p99 ?? 0;
    const one = { second, p99Us, lagUs: loopLagMaxUs ?? 0, replies, pushes, bytes };
    if (pushes > 0 && pushes >= TO_MANY * open) loud.push(one);
    else if (pushes <= TO_FEW * open) calm.push(one);
  }
  return { loud, calm };
}

function slowFanOut(signals: Signals): Hypothesis[] {
  const to = signals.rows.length;
  const replies = signals.times("service", [0, to]);
  if (replies === null || signals.cleanShare(0, to) < MOSTLY_CLEAN) return [];
  const phases = new Set(signals.fold.facts.scenario.phases.keys());
  return listensOf(signals.fold).flatMap((one): Hypothesis[] => {
    const { reach, isTimed } = pushed(signals.fold, one, phases);
    const known = reach?.bySize.filter(([, { messages }]) => messages >= LEAST_MESSAGES) ?? [];
    const [small, large] = [known[0], known.at(-1)];
    if (small === undefined || large === undefined || small === large) return [];
    const lastOf = ([, { last, spread }]: typeof small) => (isTimed ? last : spread).quantile(0.5);
    const [few, many, reply] = [lastOf(small), lastOf(large), replies.quantile(0.5)];
    if (many < LAST_US || many < TIMES_LATER * Math.max(few, reply)) return [];
    const members = (size: number) => count(10 ** size);
    return [
      {
        cause: "slow-broadcast",
        confidence: "possible",
        scope: { name: one.listen.name },
        sentence: `Messages to many are slow: ${one.listen.name} takes ${ms(many)} to the last of up to ${members(large[0])} receivers, to the last of up to ${members(small[0])} it takes ${ms(few)}.`,
        evidence: [
          shownIn(
            `${count(large[1].messages)} messages to the large scopes, ${count(small[1].messages)} to the small ones; half of the replies came within ${ms(reply)} meanwhile (\`push\` of summary.json).`,
            0,
            to,
          ),
        ],
        against: [
          "More receivers take longer by their nature: what is too long is for you to say.",
        ],
        nextProbe:
          "Have the service write to receivers in parts, with turns for other work between them, or from several processes.",
        from: 0,
        to,
        impact: large[1].messages,
        symptoms: [],
      },
    ];
  });
}
