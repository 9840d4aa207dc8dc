/**
 * The last messages that a connection's socket could not hand on at once: which of them never left this process is known
 * when the connection ends. Made by the correlator when a socket first keeps a message; told of no other message.
 * Invariant: it covers the bytes that wait in the socket, which pacing bounds, and forgets what has left.
 */

import type { DriverSocket } from "../socket/driver.ts";
import { frameOverhead } from "../socket/lean/frame-builder.ts";

/** A Close frame of ours may be the last thing in the socket; it is no message. */
const CLOSE_FRAME_BYTES = 8;
/** Forgotten entries that are kept before the lists are cut. */
const MAX_FORGOTTEN = 1024;

/** A message that a socket keeps. */
export interface KeptMessage {
  readonly payloadBytes: number;
  readonly phase: number;
  /** Negative for one that a fault has sent: see extraName(). */
  readonly name: number;
}

/** The name of bytes that are no message. */
export const NO_MESSAGE = -1;

/** From the name of a fault to that of a kept message of its, and back. */
export function extraName(name: number): number {
  return -2 - name;
}

/** A message that a fault sends: as what it is kept, and whether its payload is damaged. */
export interface ExtraMessage {
  readonly name: number;
  readonly phase: number;
  /** When it is sent, run time. */
  readonly atUs: number;
  readonly isDamaged?: boolean;
}

export class Backlog {
  readonly #bytes: number[] = [];
  readonly #phases: number[] = [];
  readonly #names: number[] = [];
  #first = 0;
  #sum = 0;

  /** A message of so many bytes on the wire was kept; `waiting` bytes, at least, have not left, it included. */
  add(
    message: { readonly bytes: number; readonly phase: number; readonly name: number },
    waiting: number,
  ): void {
    this.#bytes.push(message.bytes);
    this.#phases.push(message.phase);
    this.#names.push(message.name);
    this.#sum += message.bytes;
    for (; this.#first < this.#bytes.length; this.#first++) {
      const oldest = this.#bytes[this.#first] as number;
      if (this.#sum - oldest < waiting) break;
      this.#sum -= oldest;
    }
    if (this.#first < MAX_FORGOTTEN) return;
    for (const list of [this.#bytes, this.#phases, this.#names]) list.splice(0, this.#first);
    this.#first = 0;
  }

  /** The connection is over and `unsent` bytes never left: tells of each message of which some were. */
  discard(unsent: number, tell: (phase: number, name: number) => void): void {
    let left = unsent;
    for (let at = this.#bytes.length - 1; at >= this.#first && left > CLOSE_FRAME_BYTES; at--) {
      tell(this.#phases[at] as number, this.#names[at] as number);
      left -= this.#bytes[at] as number;
    }
  }
}

/** The socket did not hand a message on at once. */
export function rememberKept(
  conversation: { backlog: Backlog | null },
  socket: DriverSocket,
  message: KeptMessage,
): void {
  const { payloadBytes, phase, name } = message;
  conversation.backlog ??= new Backlog();
  const bytes = payloadBytes + frameOverhead(payloadBytes);
  conversation.backlog.add({ bytes, phase, name }, socket.bufferedBytes());
}
