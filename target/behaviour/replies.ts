/**
 * Replies on their way out: decides what happens to each, lets it wait, and does it. Called by the target
 * for every message it does not echo on the plain path. Invariants: a deed is counted when it is done; a
 * rule that finds nothing to act on is owed one; a connection holds back at most one reply.
 */
import type { Buffer } from "node:buffer";
import { monotonicUs } from "../../shared/time/clock.ts";
import { draw32, Stream } from "../../shared/time/random.ts";
import { payloadStart } from "../connection/frame.ts";
import type { HeldReply, Peer } from "../connection/peer.ts";
import type { Peers } from "../connection/peers.ts";
import type { Stats } from "../stats.ts";
import { Batches } from "./batches.ts";
import type { DelayQueue, Due } from "./delay-queue.ts";
import type { ChosenReply, ReplyHands } from "./reply/reply-behaviour.ts";
import type { ReplyKind } from "./reply-kind.ts";
import type { ReplyRule, Rules } from "./rules.ts";

/** One reply to one connection; waits in the queue when it is not due at once. */
export class Reply implements Due, ChosenReply {
  dueUs = 0;
  /** When its message was handled, monotonic. */
  readonly sinceUs: number;
  order = 0;
  readonly peer: Peer;
  readonly frame: Buffer;
  /** Room of a pushed message, else null. */
  readonly room: string | null;
  readonly rule: ReplyRule | null;
  /** Counts the replies of the connection. */
  readonly number: number;
  private readonly replies: Replies;

  constructor(replies: Replies, addressee: Addressee, frame: Buffer, rule: ReplyRule | null) {
    this.replies = replies;
    this.sinceUs = addressee.sinceUs;
    this.peer = addressee.peer;
    this.room = addressee.room;
    this.frame = frame;
    this.rule = rule;
    this.number = addressee.peer.nextReply++;
  }

  fire(): void {
    this.replies.release(this);
  }
}

interface Addressee {
  readonly peer: Peer;
  readonly room: string | null;
  readonly sinceUs: number;
}

type Act = "expire" | "copyNow" | "deliverNow";

/** What becomes of a reply later: a held one is let go when no other came in time, one that was sent is sent again, a slow one is sent. */
class LaterReply implements Due {
  readonly dueUs: number;
  order = 0;
  private readonly reply: Reply;
  private readonly replies: Replies;
  private readonly act: Act;

  constructor(replies: Replies, reply: Reply, dueUs: number, act: Act) {
    this.replies = replies;
    this.reply = reply;
    this.dueUs = dueUs;
    this.act = act;
  }

  fire(): void {
    this.replies[this.act](this.reply);
  }
}

/** What the replies work with. */
export interface ReplyContext {
  readonly stats: Stats;
  readonly queue: DelayQueue;
  readonly peers: Peers;
  /** The rules in force now. */
  readonly rules: Rules;
}

export class Replies implements ReplyHands {
  private readonly context: ReplyContext;
  private readonly batches: Batches;
  private drawn = 0;

  constructor(context: ReplyContext) {
    this.context = context;
    this.batches = new Batches(context);
  }

  /** Sends a reply, as the rules in force have it. `frame` is complete and kept. */
  send(peer: Peer, kind: ReplyKind, frame: Buffer, room: string | null = null): void {
    if (!peer.isOpen) return;
    const { rules, queue, stats } = this.context;
    if (peer.muted) {
      stats.behaviours.silenced += 1;
      return;
    }
    const rule = rules.nextReply(kind, frame);
    const nowUs = monotonicUs();
    const reply = new Reply(this, { peer, room, sinceUs: nowUs }, frame, rule);
    if (rule?.behaviour.atOnce === true) {
      rule.behaviour.act(reply, rule.given, this);
      return;
    }
    const servedUs = rules.servedUs(nowUs);
    if (servedUs === null) {
      stats.behaviours.shed += 1;
      this.owe(reply);
      return;
    }
    reply.dueUs = this.dueUs(peer, kind, servedUs);
    // What is due already goes first, or a late timer would reorder replies nobody asked to reorder.
    queue.fireDue(nowUs);
    if (reply.dueUs <= nowUs && !queue.firing) this.release(reply);
    else if (!queue.push(reply)) {
      stats.behaviours.delayOverflow += 1;
      this.release(reply);
    }
  }

  private dueUs(peer: Peer, kind: ReplyKind, servedUs: number): number {
    const { rules, stats } = this.context;
    const delayUs = rules.delayUs(kind);
    if (delayUs > 0) stats.behaviours.delayed += 1;
    if (rules.behaviour.reply.pool !== undefined) stats.behaviours.pooled += 1;
    let dueUs = servedUs + delayUs;
    if (rules.behaviour.reply.keepOrder) dueUs = Math.max(dueUs, peer.lastDueUs);
    const releaseUs = rules.replyReleaseUs(dueUs);
    if (releaseUs > dueUs) stats.behaviours.paused += 1;
    peer.lastDueUs = releaseUs;
    return releaseUs;
  }

  /** Called when a reply is due. */
  release(reply: Reply): void {
    const { behaviours } = this.context.stats;
    if (!reply.peer.isOpen) behaviours.undeliverable += 1;
    else if (reply.rule === null) this.deliver(reply);
    else reply.rule.behaviour.act(reply, reply.rule.given, this);
  }

  /** Called when a held reply has waited long enough. */
  expire(reply: Reply): void {
    if (reply.peer.held !== reply) return;
    reply.peer.held = null;
    if (!reply.peer.isOpen) {
      this.context.stats.behaviours.undeliverable += 1;
      return;
    }
    this.context.stats.behaviours.reorderExpired += 1;
    this.owe(reply);
    this.deliver(reply);
  }

  /** Writes the reply, then the one that was held back for it. `bytes`: how it goes over the wire. */
  deliver(reply: HeldReply, bytes: Buffer = reply.frame): void {
    const { peer, frame } = reply;
    this.transmit(peer, bytes, frame.length - payloadStart(frame));
    this.context.stats.replied(monotonicUs() - reply.sinceUs);
    if (reply.number < peer.sentUpTo) this.context.stats.behaviours.reordered += 1;
    else peer.sentUpTo = reply.number;
    const { held } = peer;
    if (held === null) return;
    peer.held = null;
    this.deliver(held);
  }

  copy({ frame }: ChosenReply, to: Peer): void {
    this.transmit(to, frame, frame.length - payloadStart(frame));
  }

  copyLater(reply: Reply, afterMs: number): void {
    const late = new LaterReply(this, reply, monotonicUs() + 1000 * afterMs, "copyNow");
    if (!this.context.queue.push(late)) this.copyNow(reply);
  }

  copyNow(reply: Reply): void {
    if (!reply.peer.isOpen) {
      this.owe(reply);
      return;
    }
    this.context.stats.behaviours.duplicated += 1;
    this.copy(reply, reply.peer);
  }

  deliverLater(reply: Reply, afterMs: number): void {
    const late = new LaterReply(this, reply, monotonicUs() + 1000 * afterMs, "deliverNow");
    if (this.context.queue.push(late)) return;
    this.context.stats.behaviours.delayOverflow += 1;
    this.deliver(reply);
  }

  deliverNow(reply: Reply): void {
    const { behaviours } = this.context.stats;
    if (!reply.peer.isOpen) {
      behaviours.undeliverable += 1;
      return;
    }
    behaviours.slowed += 1;
    this.deliver(reply);
  }

  hold(reply: Reply, holdMs: number): void {
    const { queue } = this.context;
    const expiry = new LaterReply(this, reply, monotonicUs() + 1000 * holdMs, "expire");
    if (reply.peer.held !== null || !queue.push(expiry)) {
      this.owe(reply);
      this.deliver(reply);
      return;
    }
    reply.peer.held = reply;
  }

  writeRaw({ peer }: ChosenReply, bytes: Buffer): void {
    peer.writeRaw(bytes);
  }

  stranger({ peer, room }: ChosenReply): Peer | null {
    return this.context.peers.stranger(peer, room, this.draw());
  }

  owe(reply: Reply): void {
    if (reply.rule !== null) reply.rule.owed += 1;
  }

  count(name: string): void {
    this.context.stats.behaved(name);
  }

  draw(): number {
    return draw32(this.context.rules.behaviour.seed, Stream.target, 0, this.drawn++);
  }

  /** Writes a message, or lets it wait for its batch. @returns false when the peer is gone, or has not read for long */
  transmit(peer: Peer, bytes: Buffer, payloadBytes: number): boolean {
    const { stats, rules } = this.context;
    if (!peer.isOpen) return false;
    const { buffered } = rules.behaviour.limits;
    if (peer.unsentBytes > buffered.bytes) {
      stats.behaviours.slowReaders += 1;
      if (buffered.over === "reset") peer.reset();
      return false;
    }
    if (peer.talk?.batch != null && this.batches.add(peer, bytes)) return true;
    peer.messagesOut += 1;
    peer.bytesOut += payloadBytes;
    stats.messagesOut += 1;
    stats.bytesOut += payloadBytes;
    peer.write(bytes);
    return true;
  }
}
