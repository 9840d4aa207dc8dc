/**
 * Whether a socket that faults hold back reads. Made by a driver for a socket that a fault touches, and told of each read. Invariant:
 * it is paused exactly while somebody holds it, or while it sips and has read.
 */
import type { Socket } from "node:net";

/** What is paused: the transport, or the WebSocket above it. */
interface Readable {
  pause(): void;
  resume(): void;
}

export class ReadGate {
  readonly #readable: Readable;
  readonly #transport: Socket;
  #holders = 0;
  #sippers = 0;
  #hasRead = false;
  #isPaused = false;

  constructor(readable: Readable, transport: Socket) {
    this.#readable = readable;
    this.#transport = transport;
  }

  /** Bytes that the transport has read so far. */
  get bytes(): number {
    return this.#transport.bytesRead;
  }

  /** It reads nothing any more, or again. Of several that hold it, each has to let go. */
  hold(isHeld: boolean): void {
    this.#holders += isHeld ? 1 : -1;
    this.#apply();
  }

  /** After each read it reads no more until mayRead(); or as before. */
  sip(isSipping: boolean): void {
    this.#sippers += isSipping ? 1 : -1;
    this.mayRead();
  }

  mayRead(): void {
    this.#hasRead = false;
    this.#apply();
  }

  /** Bytes came. */
  read(): void {
    this.#hasRead = true;
    this.#apply();
  }

  #apply(): void {
    const pauses = this.#holders > 0 || (this.#sippers > 0 && this.#hasRead);
    if (pauses === this.#isPaused) return;
    this.#isPaused = pauses;
    if (pauses) this.#readable.pause();
    else this.#readable.resume();
  }
}
