/**
 * Where a link takes what a transport has read, and gives it to the connection above. Each driver has one of its own, because each
 * reads in a way of its own. Invariant: once it is removed the socket is as it was.
 */
import type { Socket } from "node:net";

/** What a tap tells its link. */
export interface TapSink {
  /** @param bytes are the link's from now on */
  arrived(bytes: Buffer): void;
  /** The target ended its side, in good order. */
  ended(): void;
  /** The connection takes bytes again. */
  wanted(): void;
}

export interface Tap {
  readonly socket: Socket;
  /** Whether the connection takes bytes now. */
  readonly takes: boolean;
  /** Gives bytes to the connection. */
  deliver(bytes: Buffer): void;
  /** Tells the connection that the target ended its side. */
  deliverEnd(): void;
  /** Has the transport read, or not for the time being. */
  read(isReading: boolean): void;
  remove(): void;
}
