/**
 * Has what is written to a transport leave a few bytes at a time. Made by a driver for a socket that a fault touches. It takes the
 * place of the hooks that Node's streams have for those who implement them, so what has not left still counts as waiting in the
 * socket. Invariant: each byte leaves once, in order, and what waits leaves at once when nobody slows it any more.
 */
import type { Socket } from "node:net";

type Done = (error?: Error | null) => void;
type Piece = { readonly chunk: Buffer | string; readonly encoding: BufferEncoding };

export class Dribble {
  readonly #socket: Socket & { heldBack?: number };
  /** Whose hooks are not ours. */
  readonly #base: Socket;
  #slowers = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #done: Done | null = null;
  #isWriting = false;
  #allowed = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#base = Object.getPrototypeOf(socket) as Socket;
  }

  /** Nothing leaves but what let() allows, or as before. Of several that slow it, each has to stop. */
  slow(isSlow: boolean): void {
    this.#slowers += isSlow ? 1 : -1;
    if (isSlow && this.#slowers === 1) this.#putIn();
    if (this.#slowers > 0) return;
    // Ahead of the bytes: when they have left the stream gives the next.
    const hooks: Partial<Socket> = this.#socket;
    delete hooks._write;
    delete hooks._writev;
    this.let(this.#bytes.length);
  }

  /** So many of the bytes that wait leave. */
  let(bytes: number): void {
    this.#allowed = Math.min(bytes, this.#bytes.length);
    this.#pass();
  }

  #putIn(): void {
    this.#socket._write = (chunk: Buffer | string, encoding, done) => {
      this.#take(bytesOf({ chunk, encoding }), done);
    };
    this.#socket._writev = (pieces, done) => {
      this.#take(Buffer.concat((pieces as Piece[]).map(bytesOf)), done);
    };
  }

  /** Streams give the next bytes when these are done. */
  #take(bytes: Buffer, done: Done): void {
    this.#bytes = bytes;
    this.#done = done;
    this.#allowed = 0;
    this.#socket.heldBack = bytes.length;
    if (bytes.length === 0) this.#over();
  }

  #pass(): void {
    if (this.#isWriting || this.#allowed === 0) return;
    const piece = this.#bytes.subarray(0, this.#allowed);
    this.#bytes = this.#bytes.subarray(this.#allowed);
    this.#allowed = 0;
    this.#socket.heldBack = this.#bytes.length;
    this.#isWriting = true;
    this.#base._write.call(this.#socket, piece, "buffer" as BufferEncoding, (error) => {
      this.#isWriting = false;
      if (error) this.#over(error);
      else if (this.#bytes.length === 0) this.#over();
      else if (this.#slowers === 0) this.let(this.#bytes.length);
    });
  }

  #over(error?: Error): void {
    const done = this.#done;
    this.#done = null;
    this.#bytes = Buffer.alloc(0);
    this.#socket.heldBack = 0;
    done?.(error);
  }
}

function bytesOf({ chunk, encoding }: Piece): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
}
