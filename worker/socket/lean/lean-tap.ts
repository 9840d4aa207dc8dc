/**
 * The tap of the lean driver: takes the place of the connection above its transport. Made by lean-socket.ts for a link. Bytes come
 * in the thread's read buffer and are given on in it, as if they had been read just then.
 */
import { Socket } from "node:net";
import { assert } from "../../../shared/assert.ts";
import type { TransportError } from "../failure-map.ts";
import type { Tap, TapSink } from "../link/tap.ts";
import { type LeanOwned, readBuffer, type TransportEvents } from "./lean-transport.ts";

const { pause, resume, push } = Socket.prototype;

export class LeanTap implements Tap, TransportEvents {
  readonly socket: LeanOwned;
  readonly #events: TransportEvents;
  readonly #sink: TapSink;
  /** By the connection; what is under way comes later then. */
  #isPaused: boolean;
  #isReading = true;

  constructor(socket: Socket, sink: TapSink) {
    const owned = socket as LeanOwned;
    this.socket = owned;
    this.#events = owned.onrush;
    this.#sink = sink;
    this.#isPaused = owned.isPaused();
    owned.onrush = this;
    owned.pause = () => {
      this.#isPaused = true;
      return pause.call(owned) as LeanOwned;
    };
    owned.resume = () => {
      this.#isPaused = false;
      if (this.#isReading) resume.call(owned);
      sink.wanted();
      return owned;
    };
    // Read bytes do not come this way: it is the end.
    owned.push = () => {
      sink.ended();
      return false;
    };
  }

  get takes(): boolean {
    return !this.#isPaused;
  }

  deliver(bytes: Buffer): void {
    assert(bytes.length <= readBuffer.length, "lean: more bytes than the read buffer holds");
    bytes.copy(readBuffer);
    this.#events.received(bytes.length);
  }

  deliverEnd(): void {
    push.call(this.socket, null);
    // Node only looks for the end when it is read.
    this.socket.read(0);
  }

  read(isReading: boolean): void {
    this.#isReading = isReading;
    if (this.#isPaused) return;
    if (isReading) resume.call(this.socket);
    else pause.call(this.socket);
  }

  remove(): void {
    const socket: Socket = this.socket;
    this.socket.onrush = this.#events;
    socket.pause = pause;
    socket.resume = resume;
    socket.push = push;
  }

  received(length: number): void {
    this.#sink.arrived(Buffer.from(readBuffer.subarray(0, length)));
  }

  connected(): void {
    this.#events.connected();
  }

  secured(): void {
    this.#events.secured();
  }

  ended(): void {
    this.#events.ended();
  }

  failed(error: TransportError): void {
    this.#events.failed(error);
  }

  closed(): void {
    this.#events.closed();
  }

  leaving(unsentBytes: number): void {
    this.#events.leaving(unsentBytes);
  }
}
