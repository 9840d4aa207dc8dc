/**
 * The correlator: sends the messages of a mix and settles each one: matched, timed out, late, lost,
 * duplicated, reordered, corrupt, leaked. Called by connections (incoming messages) and the engine (due
 * sends, time-outs); one instance per engine. Invariant: every message sent that expects a reply ends as
 * exactly one of matched, timedOut, corruptReplies or unanswered, and every message received as exactly one of
 * matched, late, duplicated, corrupt, leaked or unsolicited.
 */
import { type CompiledMatch, compileMatch } from "../../shared/scenario/expression.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { RenderContext } from "../../shared/scenario/template.ts";
import { COUNT, type Recorder } from "../record/recorder.ts";
import { type Conversation, Incoming, Outgoing } from "./conversation.ts";
import type { DriverSocket } from "./driver.ts";
import { Match, Payloads } from "./payload.ts";
import { NONE, PendingTable } from "./pending-table.ts";
import { Reply } from "./reply.ts";
import { STAMP_BYTES, stampCheck, stampTag } from "./stamp.ts";

/** Above this many records, expired ones are settled as lost at once instead of awaiting a late reply. */
const MAX_REMEMBERED = 1 << 20;

export class Correlator {
  readonly pending: PendingTable;
  readonly incoming = new Incoming();
  readonly outgoing = new Outgoing();
  readonly context: RenderContext;
  readonly #recorder: Recorder;
  readonly #payloads: Payloads;
  readonly #audit: boolean;
  readonly #tag: number;
  readonly #matches: readonly (CompiledMatch | null)[];
  readonly #definitions: number;

  constructor(
    scenario: StrictScenario,
    recorder: Recorder,
    options: { readonly run: string; readonly framed: boolean },
  ) {
    const mix = scenario.messages?.mix ?? [];
    this.#recorder = recorder;
    this.#audit = scenario.integrity.stamp;
    this.#tag = stampTag(options.run);
    this.#payloads = new Payloads(scenario, { framed: options.framed, tag: this.#tag });
    this.context = {
      seed: scenario.seed,
      connectionIndex: 0,
      incarnation: 0,
      attempt: 0,
      seq: 0,
      nowMs: 0,
    };
    this.#definitions = mix.length;
    this.#matches = mix.map(({ reply }) =>
      reply.match === "where" ? compileMatch(reply.where) : null,
    );
    this.pending = new PendingTable(
      mix.map(({ reply }) => (reply.match === "none" ? 0 : reply.withinUs)),
    );
  }

  /** The context of what this connection renders next. */
  contextOf(conversation: Conversation): RenderContext {
    const { context } = this;
    context.connectionIndex = conversation.index;
    context.incarnation = conversation.incarnation;
    context.attempt = conversation.attempt;
    context.seq = conversation.seq;
    return context;
  }

  /** Sends `outgoing` now. */
  send(conversation: Conversation, socket: DriverSocket): void {
    const { name, phase, intendedUs, nowUs } = this.outgoing;
    const payloads = this.#payloads;
    payloads.build(name, conversation, this.contextOf(conversation));
    if (!socket.send(payloads.bytes, payloads.binary)) payloads.kept();
    this.#recorder.sent(phase, name, payloads.payloadBytes);
    if (payloads.match !== Match.none) {
      this.#recorder.count(phase, COUNT.expected, 1);
      const { entry } = this.pending;
      entry.definition = name;
      entry.seq = conversation.seq;
      entry.slot = conversation.slot;
      entry.phase = phase;
      entry.size = payloads.payloadBytes;
      entry.hash = payloads.hash;
      entry.intendedUs = intendedUs;
      entry.sentUs = nowUs;
      const record = this.pending.add(conversation);
      if (payloads.sent !== undefined) this.pending.sent[record] = payloads.sent;
    }
    conversation.seq++;
  }

  /** Settles `incoming`, a whole message from the target. */
  receive(conversation: Conversation): void {
    const { start, end, binary, phase } = this.incoming;
    this.#recorder.received(phase, end - start);
    if (binary && end - start >= STAMP_BYTES && this.#receiveStamped(conversation)) return;
    const record = this.#findPlain(conversation);
    if (record !== NONE) this.#settle(conversation, record);
    else this.#count(COUNT.unsolicited);
  }

  /** Times out what is overdue. `ownerOf` finds the conversation of a slot. */
  expire(nowUs: number, ownerOf: (slot: number) => Conversation): void {
    const table = this.pending;
    for (let name = 0; name < this.#definitions; name++) {
      for (let record = table.overdue(name, nowUs); record !== NONE; ) {
        const owner = ownerOf(table.slotOf(record));
        const phase = table.phaseOf(record);
        this.#recorder.timedOut(phase, name);
        owner.onMessageFailure("reply-timeout", name);
        if (table.used > MAX_REMEMBERED) {
          this.#recorder.count(phase, COUNT.lost, 1);
          table.remove(owner, record);
        } else table.expire(owner, record);
        owner.onSettled();
        record = table.overdue(name, nowUs);
      }
    }
  }

  /** The connection is over: what it still waited for is unanswered, and with what expired, lost. */
  settleAll(conversation: Conversation): number {
    const table = this.pending;
    let lost = 0;
    for (let record = conversation.pendingHead; record !== NONE; ) {
      const next = table.nextOf(record);
      const phase = table.phaseOf(record);
      if (!table.isExpired(record)) this.#recorder.count(phase, COUNT.unanswered, 1);
      this.#recorder.count(phase, COUNT.lost, 1);
      lost++;
      table.remove(conversation, record);
      record = next;
    }
    return lost;
  }

  /** @returns false when the message carries no stamp and answers nothing that was stamped. */
  #receiveStamped(conversation: Conversation): boolean {
    const { data, start } = this.incoming;
    const index = data.readUInt32LE(start + 4);
    const incarnation = data.readUInt32LE(start + 8);
    const seq = data.readUInt32LE(start + 12);
    if (data.readUInt32LE(start) !== stampCheck(this.#tag, index, incarnation, seq)) {
      return this.#receiveBrokenStamp(conversation);
    }
    if (index !== conversation.index) {
      this.#count(COUNT.leaked);
      conversation.onMessageFailure("leaked", NONE);
      return true;
    }
    if (incarnation !== conversation.incarnation) {
      // For this user's earlier connection: it was counted lost there, and is no answer here.
      this.#count(COUNT.unsolicited);
      return true;
    }
    const record = this.#findSeq(conversation, seq);
    if (record === NONE) {
      this.#count(COUNT.duplicated);
      conversation.onMessageFailure("duplicated", NONE);
    } else if (this.#audit && !this.#intact(record)) this.#corrupt(conversation, record);
    else this.#settle(conversation, record);
    return true;
  }

  /** Long enough for a stamp, but none: an altered reply when a stamped one of that size is awaited. */
  #receiveBrokenStamp(conversation: Conversation): boolean {
    const size = this.incoming.end - this.incoming.start;
    const table = this.pending;
    let record = conversation.pendingHead;
    while (record !== NONE) {
      if (table.sizeOf(record) === size && this.#isStamped(record)) {
        this.#corrupt(conversation, record);
        return true;
      }
      record = table.nextOf(record);
    }
    return false;
  }

  #isStamped(record: number): boolean {
    const table = this.pending;
    return this.#payloads.isStamped(table.definition(record), table.sizeOf(record));
  }

  #findSeq(conversation: Conversation, seq: number): number {
    const table = this.pending;
    let record = conversation.pendingHead;
    while (record !== NONE && (table.seqOf(record) !== seq || !this.#isStamped(record))) {
      record = table.nextOf(record);
    }
    return record;
  }

  #intact(record: number): boolean {
    const { data, start, end } = this.incoming;
    const table = this.pending;
    const original = this.#payloads.original(table.definition(record), table.hashOf(record));
    return (
      end - start === original.length &&
      data.compare(original, STAMP_BYTES, original.length, start + STAMP_BYTES, end) === 0
    );
  }

  /** First waiting, then expired: an old time-out must not take a reply from a message still waiting. */
  #findPlain(conversation: Conversation): number {
    if (conversation.pendingHead === NONE) return NONE;
    const reply = new Reply(this.incoming);
    let record = this.#scan(conversation, reply, false);
    if (record === NONE && conversation.expiredCount > 0) {
      record = this.#scan(conversation, reply, true);
    }
    if (reply.costly !== NONE) conversation.onMessageFailure("scenario-cost", reply.costly);
    if (reply.isUnread) conversation.onMessageFailure("message-unread", NONE);
    return record;
  }

  #scan(conversation: Conversation, reply: Reply, expired: boolean): number {
    const table = this.pending;
    let record = conversation.pendingHead;
    while (record !== NONE) {
      if (table.isExpired(record) === expired && this.#answers(record, reply)) return record;
      record = table.nextOf(record);
    }
    return NONE;
  }

  #answers(record: number, reply: Reply): boolean {
    const table = this.pending;
    const name = table.definition(record);
    switch (this.#payloads.matchOf(name)) {
      case Match.hash:
        return (
          table.sizeOf(record) === reply.size &&
          !this.#isStamped(record) &&
          table.hashOf(record) === reply.hash()
        );
      case Match.next:
        return true;
      case Match.where:
        return this.#satisfies(record, name, reply);
      default:
        return false;
    }
  }

  /** An expression that takes too much over this message is not tried on it again. */
  #satisfies(record: number, name: number, reply: Reply): boolean {
    const match = this.#matches[name];
    const json = reply.json();
    if (json === undefined || !match || reply.costly !== NONE) return false;
    const answers = match.test(json, this.pending.sent[record]);
    reply.spend(match, name);
    return answers;
  }

  #settle(conversation: Conversation, record: number): void {
    const { nowUs } = this.incoming;
    const table = this.pending;
    const name = table.definition(record);
    if (table.isExpired(record)) {
      this.#count(COUNT.late);
      table.remove(conversation, record);
      conversation.onMessageFailure("late", name);
      return;
    }
    const seq = table.seqOf(record);
    if (seq > conversation.answered) conversation.answered = seq;
    else if (this.#audit) {
      this.#count(COUNT.reordered);
      conversation.onMessageFailure("reordered", name);
    }
    this.#recorder.matched(
      table.phaseOf(record),
      name,
      nowUs - table.intendedUsOf(record),
      nowUs - table.sentUsOf(record),
    );
    table.remove(conversation, record);
    conversation.onSettled();
  }

  #corrupt(conversation: Conversation, record: number): void {
    const table = this.pending;
    const name = table.definition(record);
    const waiting = !table.isExpired(record);
    if (waiting) this.#recorder.count(table.phaseOf(record), COUNT.corruptReplies, 1);
    table.remove(conversation, record);
    this.#count(COUNT.corrupt);
    conversation.onMessageFailure("corrupt", name);
    if (waiting) conversation.onSettled();
  }

  #count(counter: number): void {
    this.#recorder.count(this.incoming.phase, counter, 1);
  }
}
