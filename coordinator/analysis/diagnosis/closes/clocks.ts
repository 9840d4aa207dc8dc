/**
 * The clocks on which closes may concentrate, as read from one connection at one moment. Called by clock.ts and message-rate.ts. Pure. Invariant: what a
 * clock cannot tell of a moment is null, and that moment is not on it.
 */
import type { KnownMoment } from "../../../merge/evidence/failure-events.ts";
import type { CauseId } from "../../findings/causes.ts";
import { count } from "../../text.ts";

export interface Clock {
  readonly name: string;
  /** Of a limit on it; null: the moment in the run, which is none of the connection's. */
  readonly cause: CauseId | null;
  readonly read: (moment: KnownMoment) => number | null;
  readonly shown: (value: number) => string;
}

/** Messages among its last events that show a rate. */
const LEAST_SENT = 4;

const seconds = (ms: number) => `${Number((ms / 1000).toPrecision(3))} s`;
const plain = (what: string) => (value: number) => `${count(Math.round(value))} ${what}`;

export const CLOCKS: readonly Clock[] = [
  { name: "their age", cause: "maximum-lifetime", read: ({ ageMs }) => ageMs, shown: seconds },
  {
    name: "the time since they sent",
    cause: "idle-timeout",
    read: ({ idleTxMs }) => idleTxMs,
    shown: seconds,
  },
  {
    name: "the time since they sent a message",
    cause: "idle-timeout",
    read: messageIdleMs,
    shown: seconds,
  },
  {
    name: "the time since they received",
    cause: "idle-timeout",
    read: ({ idleRxMs }) => idleRxMs,
    shown: seconds,
  },
  {
    name: "the age of their token",
    cause: "token-expiry",
    read: ({ tokenAgeMs }) => tokenAgeMs,
    shown: seconds,
  },
  {
    name: "the messages they had sent",
    cause: "message-quota",
    read: ({ sent }) => sent,
    shown: plain("messages"),
  },
  {
    name: "the size of their last message",
    cause: "message-size-limit",
    read: ({ lastBytes }) => lastBytes,
    shown: plain("bytes"),
  },
  { name: "the moment", cause: null, read: ({ atUs }) => atUs / 1000, shown: seconds },
];

/** Since something last passed; since it opened, where nothing has. */
function quietMs({ ageMs, idleTxMs, idleRxMs }: KnownMoment): number | null {
  const known = [ageMs, idleTxMs, idleRxMs].filter((one) => one !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/**
 * Milliseconds since its last message, pings apart: many services count messages only. Gaps between events are known to a quarter
 * (shared/wire/frame/recent-event.ts). null: it is longer ago than its last events reach.
 */
export function messageIdleMs(moment: KnownMoment): number | null {
  const { recent, ageMs } = moment;
  let idleMs = quietMs(moment);
  if (idleMs === null) return null;
  for (const { what, gapMs } of recent.toReversed()) {
    if (what.startsWith("sent-")) return idleMs;
    if (what === "open") return ageMs;
    idleMs += gapMs;
  }
  return null;
}

/** Messages a second of one connection, from the first to the last among its last events. null: they are too few, or all came at once. */
export function sentPerSecond({ recent }: KnownMoment): number | null {
  const isSent = ({ what }: KnownMoment["recent"][number]) => what.startsWith("sent-");
  const sent = recent.filter(isSent).length;
  const first = recent.findIndex(isSent);
  const between = recent.slice(first + 1, recent.findLastIndex(isSent) + 1);
  const overMs = between.reduce((sum, { gapMs }) => sum + gapMs, 0);
  return sent < LEAST_SENT || overMs === 0 ? null : (1000 * (sent - 1)) / overMs;
}

/** Nine of ten lie within this share of a number of messages, or so many, which were on their way: a limit on their rate is not as exact. */
const EXACT = 0.1;
const EXACT_MESSAGES = 2;

export function isExact(values: readonly number[]): boolean {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return at(0.95) - at(0.05) <= Math.max(EXACT_MESSAGES, EXACT * at(0.5));
}
