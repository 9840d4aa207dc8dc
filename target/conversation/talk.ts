/**
 * What is remembered of one connection whose conversation has parts. Made by conversation.ts, filled by the parts, read by
 * the replies. Invariant: a connection without parts has none. Bounds: pings open (ping.ts), one batch of `most` messages.
 */
import type { Buffer } from "node:buffer";
import type { Hash } from "node:crypto";

export interface BatchRule {
  readonly isArray: boolean;
  readonly most: number;
  readonly waitMs: number;
}

export class Talk {
  /** Speaks lines in place of JSON. */
  isText = false;
  /** "" without a welcome. */
  nonce = "";
  /** True where no login is wanted. */
  loggedIn = true;
  /** Times the user came back with a resume token. */
  resumed = 0;
  /** When its token ends, milliseconds since the epoch; 0: never. */
  untilMs = 0;
  pings = 0;
  readonly pingsOpen = new Set<number>();
  /** The highest id of a ping that was answered. */
  latestPong = 0;
  /** Of what it has sent so far; null where nobody asks for it. */
  digest: Hash | null = null;
  batch: BatchRule | null = null;
  /** Payloads that wait for others; see batches.ts. */
  waiting: Buffer[] = [];
}
