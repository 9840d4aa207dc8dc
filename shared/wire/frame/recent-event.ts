/**
 * The last events of a connection as bytes: a code for what it was, and one for how long after the event before. Written by
 * workers (worker/message/activity.ts), read by the coordinator (coordinator/merge/evidence/failure-events.ts). Invariant: a code
 * never gets another meaning; codes of kinds are added behind the last.
 */

/** Events a connection remembers. */
export const RECENT_EVENTS = 16;

/** What may happen on a connection, messages sent apart: their codes name the message. */
const KINDS = [
  "open",
  "received-small",
  "received-medium",
  "received-large",
  "ping",
  "pong",
  "reply-timeout",
  "rejected",
  "application-error",
  "corrupt",
  "duplicated",
  "reordered",
  "leaked",
  "failed",
] as const;
type RecentKind = (typeof KINDS)[number];

export interface RecentEvent {
  readonly what: RecentKind | "sent-small" | "sent-medium" | "sent-large" | "unknown";
  /** Position in namesOf of a message sent; -1 for others, and for one beyond LAST_NAME. */
  readonly name: number;
  /** Milliseconds since the event before, rounded down by a quarter at most; of the oldest, since one that is forgotten. */
  readonly gapMs: number;
}

/** Codes of messages sent begin here, three for each name. */
const FIRST_SENT = 32;
/** Names beyond share a code. */
const LAST_NAME = 73;
const SIZES = ["small", "medium", "large"] as const;
const MEDIUM_BYTES = 1024;
const LARGE_BYTES = 16_384;
const RECEIVED = KINDS.indexOf("received-small");

/** Its code; 0 is none. */
export function codeOfKind(kind: RecentKind): number {
  return KINDS.indexOf(kind) + 1;
}

const CODES: ReadonlyMap<string, number> = new Map(KINDS.map((kind) => [kind, codeOfKind(kind)]));
const FAILED = codeOfKind("failed");

/** Of a failure of a message; of those that have none of their own, that of "failed". */
export function codeOfFailure(kind: string): number {
  return CODES.get(kind) ?? FAILED;
}

export function codeOfSent(name: number, bytes: number): number {
  return FIRST_SENT + Math.min(name, LAST_NAME) * SIZES.length + sizeOf(bytes);
}

export function codeOfReceived(bytes: number): number {
  return RECEIVED + 1 + sizeOf(bytes);
}

/** Small, medium (from 1 KiB) or large (from 16 KiB). */
function sizeOf(bytes: number): number {
  if (bytes < MEDIUM_BYTES) return 0;
  return bytes < LARGE_BYTES ? 1 : 2;
}

/** A time in a byte: exact below 8 ms, then four steps for each doubling. */
export function codeOfGap(ms: number): number {
  if (ms < 8) return Math.max(0, ms);
  const power = 31 - Math.clz32(ms);
  return (power - 1) * 4 + ((ms >>> (power - 2)) & 3);
}

function gapOf(code: number): number {
  if (code < 8) return code;
  const power = (code >>> 2) + 1;
  return (4 + (code & 3)) * 2 ** (power - 2);
}

/** @param bytes a code of what and a code of when for each event, the oldest first */
export function recentEvents(bytes: Uint8Array): RecentEvent[] {
  return Array.from({ length: bytes.length >>> 1 }, (_, at) =>
    eventOf(bytes[at * 2] ?? 0, bytes[at * 2 + 1] ?? 0),
  );
}

function eventOf(code: number, gap: number): RecentEvent {
  const gapMs = gapOf(gap);
  if (code < FIRST_SENT) return { what: KINDS[code - 1] ?? "unknown", name: -1, gapMs };
  const name = Math.floor((code - FIRST_SENT) / SIZES.length);
  const size = SIZES[(code - FIRST_SENT) % SIZES.length] ?? "small";
  return { what: `sent-${size}`, name: name === LAST_NAME ? -1 : name, gapMs };
}
