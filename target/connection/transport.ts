/**
 * A client's socket as the connections see it, and who gets what comes in on it: first the opening, then
 * the connection. Made by the listener. Invariant: at any time exactly one receiver gets what was read,
 * and it is called once when the transport is gone.
 */
import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";

export interface Receiver {
  /** The first `length` bytes of the decoder's shared buffer were just read; they do not last. */
  onShared(length: number): void;
  /** Bytes that are the receiver's alone were just read. */
  onOwned(bytes: Buffer): void;
  onGone(): void;
}

export interface Transport {
  /** Plain or TLS. */
  readonly socket: Socket;
  receiver: Receiver;
  /** Sends a RST, whatever lies above TCP. */
  reset(): void;
}
