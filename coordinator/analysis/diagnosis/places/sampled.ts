/**
 * Connections as the samples of healthy ones show them: each once, where it was last, and how long its replies took. Called by the
 * detectors of this room. Pure. Invariant: a time is that of a reply only where each message has one and they come in order; where the run
 * has others there are no times.
 */
import type { KnownMoment } from "../../../merge/evidence/failure-events.ts";
import { median } from "../../stats/interval.ts";
import type { Signals } from "../signals.ts";

/** Of the messages received, replies; of those sent, such that expect one. */
const LEAST_REPLIES = 0.95;

type Sampled = Pick<KnownMoment, "recent" | "inFlight">;

/**
 * Milliseconds from messages to their replies, by the connection's last events: of the messages the last `inFlight` have none yet, and the
 * others have had theirs in the order in which they were sent. None where a reply did not come.
 */
export function replyMs({ recent, inFlight }: Sampled): number[] {
  let nowMs = 0;
  const sent: number[] = [];
  const received: number[] = [];
  for (const { what, gapMs } of recent) {
    nowMs += gapMs;
    if (what.startsWith("sent-")) sent.push(nowMs);
    else if (what.startsWith("received-")) received.push(nowMs);
    else if (what !== "open" && what !== "ping" && what !== "pong") return [];
  }
  const answered = sent.slice(0, Math.max(0, sent.length - inFlight));
  const pairs = Math.min(answered.length, received.length);
  return Array.from({ length: pairs }, (_, at) => {
    const back = at + 1;
    return (received.at(-back) ?? 0) - (answered.at(-back) ?? 0);
  }).filter((ms) => ms >= 0);
}

/** What the samples have of one part of the connections. */
export interface Part {
  /** Connections, each once. */
  readonly connections: number;
  readonly timesMs: readonly number[];
}

/** In clean seconds, by what `keyOf` says; null: of no part. A connection counts where it was seen last. */
export function partsOf(
  signals: Signals,
  keyOf: (moment: KnownMoment) => string | null,
): ReadonlyMap<string, Part> {
  const clean = signals.events.controls.filter(({ atUs }) =>
    signals.isClean(Math.floor(atUs / 1_000_000)),
  );
  const last = new Map(clean.map((one) => [`${one.worker} ${one.connection}`, one]));
  const hasTimes = isOfReplies(signals);
  const parts = new Map<string, { connections: number; timesMs: number[] }>();
  const partOf = (key: string) => {
    const known = parts.get(key) ?? { connections: 0, timesMs: [] };
    parts.set(key, known);
    return known;
  };
  for (const one of last.values()) {
    const key = keyOf(one);
    if (key !== null) partOf(key).connections += 1;
  }
  for (const one of hasTimes ? clean : []) {
    const key = keyOf(one);
    if (key !== null) partOf(key).timesMs.push(...replyMs(one));
  }
  return parts;
}

function isOfReplies({ fold }: Signals): boolean {
  const { sent, expected, received, matched } = fold.merge.counters();
  return expected >= LEAST_REPLIES * sent && matched >= LEAST_REPLIES * received;
}

/** How much slower one part is; null: it is not, or too few times are known. */
export interface Slower {
  readonly ownMs: number;
  readonly othersMs: number;
}

/** Fewer times show nothing. */
const LEAST_TIMES = 30;
/** Of medians: so many times as long, and so much longer. */
const SLOWER = 2;
const LEAST_MS = 4;

/** Compares medians. */
export function slower(own: readonly number[], others: readonly number[]): Slower | null {
  if (own.length < LEAST_TIMES || others.length < LEAST_TIMES) return null;
  const [ownMs, othersMs] = [median(own), median(others)];
  return ownMs >= SLOWER * othersMs && ownMs - othersMs >= LEAST_MS ? { ownMs, othersMs } : null;
}
