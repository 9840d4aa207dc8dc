/**
 * What the rest of the target knows of an open connection, whatever carries it. The lean connection and
 * the compressed one extend it. Flat fields, because there are tens of thousands. Invariant: after
 * `isOpen` became false it never becomes true again, and nothing is written.
 */
import type { Buffer } from "node:buffer";
import type { CloseRule } from "../behaviour/close-rule.ts";
import type { Talk } from "../conversation/talk.ts";

/** A reply that waits for the next one; made by behaviour/replies.ts. */
export interface HeldReply {
  readonly peer: Peer;
  readonly frame: Buffer;
  /** When its message was handled, monotonic. */
  readonly sinceUs: number;
  /** Counts the replies of the connection. */
  readonly number: number;
}

export abstract class Peer {
  /** Number of the connection in its process, from 1. */
  readonly id: number;
  /** Place in the list of open peers; -1 when not in it. */
  slot = -1;
  acceptedUs = 0;
  lastInUs = 0;
  messagesIn = 0;
  messagesOut = 0;
  bytesIn = 0;
  bytesOut = 0;

  /** A zombie: never answered again. */
  muted = false;
  /** Messages until `quotaRule` closes the connection. */
  quota = Number.POSITIVE_INFINITY;
  quotaRule: CloseRule | null = null;
  rateTokens = 0;
  rateAtUs = -1;

  /** Number of the next reply, and the highest that was sent. */
  nextReply = 0;
  sentUpTo = -1;
  lastDueUs = 0;
  /** A reply held back until the next one was sent. */
  held: HeldReply | null = null;

  /** What its conversation has beside the dialogue; null for nothing. */
  talk: Talk | null = null;
  /** Who it says it is; null until it says so. */
  user: string | null = null;
  /** Rooms joined; null for none. */
  rooms: Set<string> | null = null;
  /** Messages said per room. */
  said: Map<string, number> | null = null;
  /** Answers of the agent under way. */
  asks = 0;

  constructor(id: number) {
    this.id = id;
  }

  abstract get isOpen(): boolean;
  /** Bytes written that the kernel has not taken. */
  abstract get unsentBytes(): number;
  /** Writes a complete frame (or several); the memory is not touched afterwards. */
  abstract write(frame: Buffer): void;
  /** Writes bytes as they are, even if they are no proper frame. */
  abstract writeRaw(bytes: Buffer): void;
  /** Starts the closing handshake. */
  abstract close(code: number | null, reason: string): void;
  /** FIN without a Close frame. */
  abstract end(): void;
  /** RST. */
  abstract reset(): void;
}
