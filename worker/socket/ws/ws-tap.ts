/**
 * The tap of the ws driver: between the handle that reads and the stream that ws reads from. Made by ws-driver.ts for a link. Node
 * pushes what was read into the stream; here it goes to the link, which has it pushed later.
 */
import { Socket } from "node:net";
import type { Tap, TapSink } from "../link/tap.ts";

const { push, _read } = Socket.prototype;

export class WsTap implements Tap {
  readonly socket: Socket;
  /** The stream has room. */
  #hasRoom: boolean;
  #isReading = true;

  constructor(socket: Socket, sink: TapSink) {
    this.socket = socket;
    this.#hasRoom = socket.readableLength < socket.readableHighWaterMark;
    socket.push = (chunk: Buffer | null) => {
      if (chunk === null) sink.ended();
      else sink.arrived(chunk);
      return chunk !== null && this.#isReading;
    };
    socket._read = (size) => {
      this.#hasRoom = true;
      if (this.#isReading) _read.call(socket, size);
      sink.wanted();
    };
  }

  get takes(): boolean {
    return this.#hasRoom;
  }

  deliver(bytes: Buffer): void {
    // Asks for more by _read, also from inside.
    this.#hasRoom = false;
    this.#hasRoom = push.call(this.socket, bytes) || this.#hasRoom;
  }

  deliverEnd(): void {
    push.call(this.socket, null);
    this.socket.read(0);
  }

  read(isReading: boolean): void {
    this.#isReading = isReading;
    // Not reading begins with the next chunk, which is taken still.
    if (isReading) _read.call(this.socket, this.socket.readableHighWaterMark);
  }

  remove(): void {
    this.socket.push = push;
    this.socket._read = _read;
  }
}
