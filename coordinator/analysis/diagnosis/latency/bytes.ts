/**
 * Detector: more is asked for than is answered, and it is the bytes per second that do not rise, however many messages they are: what is
 * shared carries so many bytes. Listed in ../registry.ts. Source of the rule: that of saturation.ts. Invariant: only while connections stay,
 * and messages differ in size, or bytes and messages say the same.
 */
import { mean, median } from "../../stats/interval.ts";
import { count, ms, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { isCompressed } from "../sizes.ts";
import { FOLLOWS_A_LIMIT, pace } from "./saturation.ts";

const LEAST_SECONDS = 4;
/** Where a stretch may begin, about. */
const STARTS = 60;
/** Of the most connections that were open. */
const STAYING = 0.85;
/** Standard deviation over mean of bytes per second, at most; and over that of messages per second. */
const STEADY = 0.15;
const STEADIER = 0.4;
/** Answered of what is due. */
const FALLS_BEHIND = 0.97;
/** Half of the replies take so many times as long as they did, at least. */
const SLOWER = 3;

export const byteLimit: Detector = {
  meta: {
    causes: ["bandwidth-limit", "compression-cost"],
    doc: "for 4 seconds or more less than 97 % of what is due is answered, at bytes per second that vary by 15 % at most, and by less than 0.4 times as much as messages per second do (standard deviation over mean), while connections stay, and replies take 3 times as long as before; `compression-cost` when most connections agreed to permessage-deflate",
    explains: ["saturation", "dependency-pool", ...FOLLOWS_A_LIMIT],
  },
  detect(signals) {
    const found = steadyStretches(signals)
      .map((seconds) => limitIn(signals, seconds))
      .find((limit) => limit !== null);
    return found ? [hypothesis(signals, found)] : [];
  },
};

interface Limit {
  readonly seconds: readonly number[];
  /** Microseconds that half of the replies took; null: it never kept pace. */
  readonly before: number | null;
  readonly after: number;
  readonly offered: number;
  readonly answered: number;
}

/** null: all that is asked for is answered, or as fast as before. */
function limitIn(signals: Signals, seconds: readonly number[]): Limit | null {
  const times = (of: readonly number[]) => of.flatMap((second) => p50In(signals, second) ?? []);
  const earlier = times(signals.rows.slice(0, seconds[0]).map(({ second }) => second));
  const own = times(seconds);
  const { offered, answered } = pace(signals, seconds);
  const after = median(own);
  // Where it never kept pace, what waits gets more and more.
  const [fast = 0, slow = 0] = earlier.length > 0 ? [median(earlier), after] : [own[0], own.at(-1)];
  if (own.length === 0 || answered > FALLS_BEHIND * offered || slow < SLOWER * fast) return null;
  return { seconds, before: earlier.length > 0 ? fast : null, after, offered, answered };
}

/** Half of the replies of a second that says something of the target took as long; null: there are none. */
function p50In(signals: Signals, second: number): number | null {
  return signals.isClean(second) ? (signals.rows[second]?.latencyUs?.p50 ?? null) : null;
}

/** Stretches to the end in which bytes per second stay the same and messages per second do not, the longest first. */
function steadyStretches(signals: Signals): readonly (readonly number[])[] {
  const most = signals.rows.reduce((high, { open }) => Math.max(high, open), 0);
  // Not while its connections go: bytes and messages do, too, then.
  const staying = signals.rows.flatMap(({ second, open }) =>
    open >= STAYING * most && signals.isClean(second) ? [second] : [],
  );
  const step = Math.max(1, Math.floor(staying.length / STARTS));
  const stretches: (readonly number[])[] = [];
  for (let at = 0; at + LEAST_SECONDS <= staying.length; at += step) {
    const seconds = staying.slice(at);
    const ofBytes = variationOf(signals, "bytesReceived", seconds);
    const ofMessages = variationOf(signals, "received", seconds);
    if (ofBytes <= STEADY && ofBytes < STEADIER * ofMessages) stretches.push(seconds);
  }
  return stretches;
}

function variationOf(
  { fold }: Signals,
  counter: "bytesReceived" | "received",
  seconds: readonly number[],
): number {
  return variation(seconds.map((second) => fold.merge.timeline.counted(second, counter)));
}

/** Standard deviation over mean. */
function variation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) / centre;
}

function hypothesis(signals: Signals, found: Limit): Hypothesis {
  const { seconds, before, after, offered, answered } = found;
  const [from, to] = [seconds[0] ?? 0, (seconds.at(-1) ?? 0) + 1];
  const bytes = mean(
    seconds.map((second) => signals.fold.merge.timeline.counted(second, "bytesReceived")),
  );
  const varied = (["bytesReceived", "received"] as const).map((counter) =>
    percent(variationOf(signals, counter, seconds)),
  );
  const isDeflated = isCompressed(signals);
  return {
    cause: isDeflated ? "compression-cost" : "bandwidth-limit",
    confidence: before === null || isDeflated ? "possible" : "likely",
    sentence: `${count(Math.round(bytes))} bytes a second come back at most, in however many messages, from second ${from} on: ${isDeflated ? "compression seems to take the processor of the service" : "the way to the service carries no more"}, and the rest has to wait.`,
    evidence: [
      shownIn(
        `${percent(answered / offered)} of what was due was answered; bytes per second vary by ${varied[0]}, messages per second by ${varied[1]} (standard deviation over mean). Half of the replies took up to ${ms(after)}${before === null ? "" : `, before that ${ms(before)}`}.`,
        from,
        to,
      ),
    ],
    against: [
      isDeflated
        ? "Most connections agreed to permessage-deflate; a limit on bytes per second on the way, and a handler whose work grows with its message, look alike."
        : "A service whose work grows with the size of messages looks alike.",
      ...(before === null
        ? ["It never kept pace in this run, so what it does with less is not known."]
        : []),
    ],
    nextProbe: isDeflated
      ? "Run the same load with `connect.compression: false`: if more comes back, it was compression."
      : "Measure what the path carries by itself (`iperf3`), in each direction; then look at the processor of the service in these seconds.",
    from,
    to,
    impact: Math.round((offered - answered) * (to - from)),
    symptoms: [...signals.of("reply-timeout"), ...signals.of("unanswered")],
  };
}
