/**
 * A link: the network between one open connection and its target, while faults act on it. Put between a driver's socket and its
 * transport in the middle of a connection's life, and taken out again. Made by worker/faults, which gives it turns.
 *
 *   connection -> socket -> [ out pipe ] -> transport -> target
 *   connection <- driver <- [ in pipe  ] <- transport <- target
 *
 * It is put in by the hooks that Node's streams have for those who implement them: what is written is taken in place of _write
 * and given to it later, what is read is taken by a tap of the driver.
 * Invariant: each byte passes once and in order, also those under way when it is put in or taken out; an end or an error of the
 * transport comes behind the bytes before it. What is destroyed by us is gone at once, and what the link held with it.
 */
import type { Socket } from "node:net";
import type {
  Draw,
  LinkCondition,
} from "../../../shared/scenario/sections/faults/link-condition.ts";
import { Pipe } from "./pipe.ts";
import type { Tap, TapSink } from "./tap.ts";

type Done = (error?: Error | null) => void;

/** What a link needs of the engine. */
export interface LinkHost {
  /** How much before their time bytes pass, so that delays are right on average: turns are late. */
  readonly earlyUs: number;
  /** Run time. */
  nowUs(): number;
  /** It has something to do then, and not before. */
  schedule(link: Link, dueUs: number): void;
  /** A condition of it says that the connection is cut now; not called inside a callback of a socket. */
  cut(link: Link, condition: LinkCondition): void;
  /** It is out of the way, or its socket is over. */
  gone(link: Link): void;
}

export class Link implements TapSink {
  readonly id: number;
  readonly #host: LinkHost;
  readonly #tap: Tap;
  readonly #socket: Socket;
  /** The hooks that are not the link's. */
  readonly #base: Socket;
  readonly #in: Pipe;
  readonly #out: Pipe;
  #conditions: readonly LinkCondition[] = [];
  /** Since when, and after how many bytes, each has acted. */
  readonly #since = new Map<LinkCondition, { readonly us: number; readonly bytes: number }>();
  #bytes = 0;
  #isWriting = false;
  #isPassing = false;
  #isReading = true;
  #isGone = false;
  /** A write that is told of when there is room. */
  #waiting: Done | null = null;
  /** The end of our side, behind all that was written. */
  #ending: Done | null = null;

  /** @param of id: its host's; draws: of the two directions */
  constructor(
    host: LinkHost,
    {
      id,
      tap,
      draws,
    }: {
      readonly id: number;
      readonly tap: (sink: TapSink) => Tap;
      readonly draws: { readonly in: Draw; readonly out: Draw };
    },
  ) {
    this.id = id;
    this.#host = host;
    this.#in = new Pipe(draws.in);
    this.#out = new Pipe(draws.out);
    this.#tap = tap(this);
    this.#socket = this.#tap.socket;
    this.#base = Object.getPrototypeOf(this.#socket) as Socket;
    this.#putIn();
  }

  /** Nothing acts on it any more, and all that it held has passed. */
  get isIdle(): boolean {
    return this.#conditions.length === 0 && this.#in.isEmpty && this.#out.isEmpty;
  }

  add(condition: LinkCondition): void {
    this.#since.set(condition, { us: this.#host.nowUs(), bytes: this.#bytes });
    this.#follow([...this.#conditions, condition]);
  }

  remove(condition: LinkCondition): void {
    this.#since.delete(condition);
    this.#follow(this.#conditions.filter((one) => one !== condition));
  }

  turn(): void {
    if (this.#isGone) return;
    const due = this.#dueCut(this.#host.nowUs());
    if (due !== null) {
      // Once, whatever comes of it.
      this.#since.delete(due);
      this.#host.cut(this, due);
    }
    this.#pass();
  }

  arrived(bytes: Buffer): void {
    this.#in.put(bytes, this.#host.nowUs());
    this.#pass();
  }

  ended(): void {
    this.#in.end(null, this.#host.nowUs());
    this.#pass();
  }

  wanted(): void {
    this.#pass();
  }

  #putIn(): void {
    const socket = this.#socket;
    socket._write = (chunk: Buffer | string, encoding, done) => {
      this.#written(copyOf(chunk, encoding), done);
    };
    socket._writev = (chunks, done) => {
      this.#written(
        Buffer.concat(chunks.map(({ chunk, encoding }) => copyOf(chunk, encoding))),
        done,
      );
    };
    socket._final = (done) => {
      this.#ending = done;
      this.#pass();
    };
    // By us it is destroyed without an error.
    socket.destroy = (error) => {
      if (error === undefined || error === null || this.#isGone) return this.#destroy(error);
      this.#in.end(error, this.#host.nowUs());
      this.#pass();
      return socket;
    };
    socket.once("close", this.#onClose);
  }

  readonly #onClose = (): void => {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#in.drop();
    this.#out.drop();
    this.#waiting = null;
    this.#host.gone(this);
  };

  #destroy(error?: Error | null): Socket {
    return this.#base.destroy.call(this.#socket, error ?? undefined);
  }

  #takeOut(): void {
    this.#isGone = true;
    const socket = this.#socket;
    const base = this.#base;
    socket.off("close", this.#onClose);
    socket._write = base._write;
    if (base._writev) socket._writev = base._writev;
    socket._final = base._final;
    socket.destroy = base.destroy;
    this.#tap.remove();
    this.#host.gone(this);
  }

  #written(bytes: Buffer, done: Done): void {
    this.#out.put(bytes, this.#host.nowUs());
    if (this.#out.isFull) this.#waiting = done;
    else done();
    this.#pass();
  }

  #follow(conditions: readonly LinkCondition[]): void {
    const nowUs = this.#host.nowUs();
    this.#conditions = conditions;
    this.#in.follow(
      conditions.filter(({ direction }) => direction !== "out"),
      nowUs,
    );
    this.#out.follow(
      conditions.filter(({ direction }) => direction !== "in"),
      nowUs,
    );
    this.#pass();
  }

  /** Lets pass what may. Subtle: what passes may call back, and have more come in or the link go. */
  #pass(): void {
    if (this.#isPassing || this.#isGone) return;
    this.#isPassing = true;
    this.#passOut();
    this.#passIn();
    this.#isPassing = false;
    if (this.#isGone) return;
    if (this.isIdle && !this.#isWriting && this.#waiting === null) this.#takeOut();
    else this.#plan();
  }

  #passOut(): void {
    while (!this.#isWriting && !this.#isGone) {
      const bytes = this.#out.take(this.#host.nowUs() + this.#host.earlyUs);
      if (bytes === null) break;
      this.#bytes += bytes.length;
      this.#isWriting = true;
      this.#base._write.call(this.#socket, bytes, "buffer" as BufferEncoding, this.#onWritten);
    }
    if (this.#waiting !== null && !this.#out.isFull) {
      const done = this.#waiting;
      this.#waiting = null;
      done();
    }
    if (this.#ending === null || this.#isWriting || !this.#out.isEmpty || this.#isGone) return;
    const done = this.#ending;
    this.#ending = null;
    this.#base._final.call(this.#socket, done);
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#isWriting = false;
    if (error) this.#socket.destroy(error);
    else this.#pass();
  };

  #passIn(): void {
    while (this.#tap.takes && !this.#isGone) {
      const nowUs = this.#host.nowUs() + this.#host.earlyUs;
      const bytes = this.#in.take(nowUs);
      if (bytes !== null) {
        this.#bytes += bytes.length;
        this.#tap.deliver(bytes);
        continue;
      }
      const end = this.#in.takeEnd(nowUs);
      if (end !== null) this.#deliverEnd(end.error);
      break;
    }
    if (this.#isGone || this.#isReading === !this.#in.isFull) return;
    this.#isReading = !this.#in.isFull;
    this.#tap.read(this.#isReading);
  }

  #deliverEnd(error: Error | null): void {
    if (error === null) this.#tap.deliverEnd();
    else this.#destroy(error);
  }

  #plan(): void {
    const { nextUs: outUs } = this.#out;
    const { nextUs: inUs } = this.#in;
    const dueUs = Math.min(
      this.#isWriting ? Number.POSITIVE_INFINITY : outUs,
      this.#tap.takes ? inUs : Number.POSITIVE_INFINITY,
    );
    this.#host.schedule(this, Math.min(dueUs - this.#host.earlyUs, this.#nextCutUs()));
  }

  #nextCutUs(): number {
    let nextUs = Number.POSITIVE_INFINITY;
    for (const condition of this.#conditions) nextUs = Math.min(nextUs, this.#cutUs(condition));
    return nextUs;
  }

  #dueCut(nowUs: number): LinkCondition | null {
    return this.#conditions.find((condition) => this.#cutUs(condition) <= nowUs) ?? null;
  }

  #cutUs(condition: LinkCondition): number {
    const { cut } = condition;
    const since = this.#since.get(condition);
    if (!cut || !since) return Number.POSITIVE_INFINITY;
    const isUsedUp = this.#bytes - since.bytes >= cut.afterBytes;
    return isUsedUp ? Number.NEGATIVE_INFINITY : since.us + cut.afterUs;
  }
}

/** What is written belongs to whoever wrote it as soon as it is told that it was. */
function copyOf(chunk: Buffer | string, encoding: BufferEncoding): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : Buffer.from(chunk);
}
