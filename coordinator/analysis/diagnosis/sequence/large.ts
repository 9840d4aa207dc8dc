/**
 * Detector: from one moment on no message above a size is answered any more, smaller ones are, and connections that sent a large one stay
 * open and silent: packets above the size the path carries vanish. Listed in ../registry.ts. Source of the mechanism: RFC 2923, 2.1.
 * Invariant: where pings are answered behind the large message the way is open, and it is a handler that fails (message.ts).
 */
import { count } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { countIn, type Signals } from "../signals.ts";
import { sizesOf } from "../sizes.ts";

/** The smallest packet that any path carries (RFC 791) has fewer. */
const LEAST_BYTES = 536;
/** Replies that were due by the rate of before, or were awaited: so many do not stay away by chance (Poisson: e^-15). */
const LEAST_DUE = 15;
const LEAST_ANSWERED = 20;
const LEAST_GIVEN_UP = 8;
/** Without pings: small messages that stay without a reply, on connections that sent a large one. */
const LEAST_STALLED = 10;

export const large: Detector = {
  meta: {
    causes: ["mtu-blackhole"],
    doc: "from one second to the end no message above a size of 536 bytes or more is answered, 15 replies or more being due, while all smaller kinds are, and 8 connections or more are given up for want of a pong; `possible` where none are sent, and 10 small messages stay unanswered, too",
    explains: ["blackhole", "zombie", "message-loss", "failing-message-type", "unknown"],
  },
  detect(signals) {
    if (signals.isDisturbedOutside) return [];
    const sizes = signals.messages.flatMap((part) => {
      const bytes = sizesOf(signals, part);
      return bytes === null ? [] : [{ part, ...bytes }];
    });
    const stopped = sizes.flatMap((one) => {
      const from = silentFrom(signals, one.part);
      return from === null ? [] : [{ ...one, from }];
    });
    if (stopped.length === 0) return [];
    const from = Math.min(...stopped.map((one) => one.from));
    const passing = sizes.filter(({ part }) => answersSince(signals, part, from) >= LEAST_ANSWERED);
    const least = Math.min(...stopped.map((one) => one.least));
    const most = Math.max(0, ...passing.map((one) => one.most));
    const isBySize = passing.length > 0 && least > most && least >= LEAST_BYTES;
    if (!isBySize) return [];
    return hypothesis(signals, {
      ...{ from, least, most },
      stopped: stopped.map(({ part }) => part),
      passing: passing.map(({ part }) => part),
    });
  },
};

interface Found {
  readonly from: number;
  /** Bytes: the least of those that get no answer, the most of those that do. */
  readonly least: number;
  readonly most: number;
  readonly stopped: readonly number[];
  readonly passing: readonly number[];
}

function hypothesis(
  signals: Signals,
  { from, least, most, stopped, passing }: Found,
): Hypothesis[] {
  const to = signals.rows.length;
  const silent = signals.of("heartbeat-timeout");
  let givenUp = 0;
  for (let second = from; second < to; second++) givenUp += countIn(silent, second);
  const pings = signals.times("ping", [0, to]);
  const stalled = unansweredOf(signals, passing);
  const isSilent = givenUp >= LEAST_GIVEN_UP;
  if (!isSilent && (pings !== null || stalled < LEAST_STALLED)) return [];
  const names = stopped.map((part) => `\`${signals.names[part]?.name ?? ""}\``).join(", ");
  const answered = passing.reduce((sum, part) => sum + answersSince(signals, part, from), 0);
  return [
    {
      cause: "mtu-blackhole",
      confidence: isSilent ? "likely" : "possible",
      sentence: `Large messages vanish: from second ${from} on no message of ${count(least)} bytes or more is answered, those of up to ${count(most)} bytes are, and connections that sent a large one fall silent.`,
      evidence: [
        shownIn(
          `0 replies to ${names}, ${count(answered)} to smaller messages (\`byName\` of summary.json).`,
          from,
          to,
        ),
        shownIn(
          isSilent
            ? `${count(givenUp)} connections were given up for want of a pong: what is sent after a large message does not pass, either.`
            : `${count(stalled)} small messages stayed without a reply as well.`,
          from,
          to,
        ),
      ],
      against: [
        "A service that stops reading a connection after a large message looks alike.",
        ...(isSilent ? [] : ["No pings were sent (`connect.heartbeat`)."]),
      ],
      nextProbe:
        "From a worker's machine, send packets that may not be cut (`ping -M do -s 1472 HOST`, and smaller): the size from which none is answered is the path's. Look for a filter that drops ICMP type 3 code 4 (IPv6: type 2).",
      from,
      to,
      impact: stalled + unansweredOf(signals, stopped),
      symptoms: [
        ...silent,
        ...(["reply-timeout", "unanswered", "close-timeout"] as const).flatMap((kind) =>
          signals.of(kind),
        ),
      ],
    },
  ];
}

/** Since when no reply to it has come although many were due; null: they come, or few were due. */
function silentFrom(signals: Signals, part: number): number | null {
  const name = new Set([part]);
  let [answered, first, last] = [0, -1, -1];
  for (const { second } of signals.rows) {
    const times = signals.times("service", [second, second + 1], name);
    if (times === null) continue;
    answered += times.count;
    if (first < 0) first = second;
    last = second;
  }
  const from = last + 1;
  const { length } = signals.rows;
  const clean = (length - from) * signals.cleanShare(from, length);
  const due =
    answered === 0
      ? signals.fold.merge.names.sum(part).expected * signals.cleanShare(0, length)
      : (answered / (from - first)) * clean;
  return due >= LEAST_DUE ? from : null;
}

function answersSince(signals: Signals, part: number, from: number): number {
  return signals.times("service", [from, signals.rows.length], new Set([part]))?.count ?? 0;
}

function unansweredOf(signals: Signals, parts: readonly number[]): number {
  return parts.reduce((sum, part) => {
    const { timedOut, unanswered } = signals.fold.merge.names.sum(part);
    return sum + timedOut + unanswered;
  }, 0);
}
