/**
 * Messages that wait for others of their connection and go out with them in one frame. Called by the replies, for
 * connections whose conversation has a batch. Invariants: a connection's messages keep their order; a message is counted
 * when its frame is written, and as undeliverable when its connection ended before.
 */
import { Buffer } from "node:buffer";
import { monotonicUs } from "../../shared/time/clock.ts";
import { frameOf, Opcode, payloadStart } from "../connection/frame.ts";
import type { Peer } from "../connection/peer.ts";
import type { Stats } from "../stats.ts";
import type { DelayQueue, Due } from "./delay-queue.ts";

const WHOLE_TEXT = 0x80 | Opcode.text;
const LINE = Buffer.from("\n");
const COMMA = Buffer.from(",");

class Flush implements Due {
  readonly dueUs: number;
  order = 0;
  private readonly batches: Batches;
  private readonly peer: Peer;

  constructor(batches: Batches, peer: Peer, dueUs: number) {
    this.batches = batches;
    this.peer = peer;
    this.dueUs = dueUs;
  }

  fire(): void {
    this.batches.flush(this.peer);
  }
}

export class Batches {
  private readonly context: { readonly stats: Stats; readonly queue: DelayQueue };

  constructor(context: { readonly stats: Stats; readonly queue: DelayQueue }) {
    this.context = context;
  }

  /** Takes a frame for later; false, after what waited was written, when it is no whole text message. */
  add(peer: Peer, frame: Buffer): boolean {
    const { talk } = peer;
    if (talk === null || talk.batch === null) return false;
    if (frame[0] !== WHOLE_TEXT) {
      this.flush(peer);
      return false;
    }
    talk.waiting.push(frame.subarray(payloadStart(frame)));
    if (talk.waiting.length >= talk.batch.most) this.flush(peer);
    else if (talk.waiting.length === 1) {
      const due = new Flush(this, peer, monotonicUs() + 1000 * talk.batch.waitMs);
      if (!this.context.queue.push(due)) this.flush(peer);
    }
    return true;
  }

  flush(peer: Peer): void {
    const { talk } = peer;
    if (talk === null || talk.batch === null || talk.waiting.length === 0) return;
    const { stats } = this.context;
    const { waiting, batch } = talk;
    talk.waiting = [];
    if (!peer.isOpen) {
      stats.behaviours.undeliverable += waiting.length;
      return;
    }
    const payload = batch.isArray ? arrayOf(waiting) : joined(waiting, LINE);
    peer.messagesOut += waiting.length;
    peer.bytesOut += payload.length;
    stats.messagesOut += waiting.length;
    stats.bytesOut += payload.length;
    stats.conversed("batches");
    stats.conversed("batched", waiting.length);
    peer.write(frameOf(Opcode.text, payload));
  }
}

function arrayOf(payloads: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from("["), joined(payloads, COMMA), Buffer.from("]")]);
}

function joined(payloads: readonly Buffer[], between: Buffer): Buffer {
  return Buffer.concat(
    payloads.flatMap((payload, at) => (at === 0 ? [payload] : [between, payload])),
  );
}
