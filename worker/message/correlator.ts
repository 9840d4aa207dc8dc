/**
 * The correlator: sends the messages of a mix and settles each one: matched, timed out, late, lost, duplicated,
 * reordered, corrupt, leaked. Called by connections (incoming messages) and the engine (due sends, time-outs); one
 * instance per engine. Invariants: every message sent that expects a reply ends as exactly one of matched, timedOut,
 * corruptReplies or unanswered, and every message received as exactly one of matched, late, duplicated, corrupt, leaked or
 * unsolicited. A failure is recorded once, when it is seen, in the phase of the counter that counts it.
 */
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { type RenderContext, STATIC_CONTEXT } from "../../shared/scenario/template/render.ts";
import { COUNT, MESSAGE, type Recorder, TARGET } from "../record/recorder.ts";
import type { DriverSocket } from "../socket/driver.ts";
import { rememberKept } from "./backlog.ts";
import {
  type Conversation,
  FailedMessage,
  type Grace,
  Incoming,
  type MessageFailure,
  Outgoing,
} from "./conversation.ts";
import { Match, Payloads } from "./payload.ts";
import { NONE, PendingTable } from "./pending-table.ts";
import { ReplyExpressions } from "./reply-expressions.ts";
import { ReplySearch } from "./reply-search.ts";
import { STAMP_BYTES, stampCheck, stampTag } from "./stamp.ts";
import { StampedEcho } from "./stamped-echo.ts";
import { UnmatchedMessages } from "./unmatched.ts";

/** Above this many records, expired ones are settled as lost at once instead of awaiting a late reply. */
const MAX_REMEMBERED = 1 << 20;

export class Correlator {
  readonly pending: PendingTable;
  readonly incoming = new Incoming();
  readonly outgoing = new Outgoing();
  readonly unmatched = new UnmatchedMessages();
  readonly context: RenderContext;
  readonly #recorder: Recorder;
  readonly #failed = new FailedMessage();
  readonly #payloads: Payloads;
  readonly #replies: ReplySearch;
  readonly #stamped: StampedEcho;
  readonly #standstill: Grace;
  readonly #audit: boolean;
  readonly #tag: number;
  readonly #definitions: number;

  constructor(
    scenario: StrictScenario,
    recorder: Recorder,
    options: { readonly run: string; readonly framed: boolean; readonly standstill: Grace },
  ) {
    const mix = scenario.messages?.mix ?? [];
    this.#recorder = recorder;
    this.#standstill = options.standstill;
    this.#audit = scenario.integrity.stamp;
    this.#tag = stampTag(options.run);
    const expressions = new ReplyExpressions(mix);
    this.#payloads = new Payloads(scenario, { ...options, tag: this.#tag, expressions });
    this.context = { ...STATIC_CONTEXT, seed: scenario.seed };
    this.#definitions = mix.length;
    this.pending = new PendingTable(
      mix.map(({ reply }) => (reply.match === "none" ? 0 : reply.withinUs)),
      expressions.isKeyed,
    );
    this.#replies = new ReplySearch(this.pending, this.#payloads, expressions);
    this.#stamped = new StampedEcho(this.pending, this.#payloads, this.#tag);
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
    const gone = socket.send(payloads.bytes, payloads.binary);
    if (!gone) rememberKept(conversation, socket, payloads.kept(name, phase));
    this.#recorder.sent(phase, name, payloads.payloadBytes);
    this.#recorder.targets.count(phase, conversation.target, TARGET.sent);
    if (payloads.match !== Match.none) {
      this.#recorder.message(MESSAGE.expected, phase, name, conversation.target);
      const { entry } = this.pending;
      entry.definition = name;
      entry.seq = conversation.seq;
      entry.slot = conversation.slot;
      entry.phase = phase;
      entry.size = payloads.payloadBytes;
      entry.hash = payloads.hash;
      entry.intendedUs = intendedUs;
      entry.sentUs = nowUs;
      this.pending.remember(this.pending.add(conversation), payloads);
    }
    conversation.seq++;
  }

  /** Settles `incoming`, a whole message from the target. */
  receive(conversation: Conversation): void {
    const { incoming } = this;
    const { start, end, binary, phase } = incoming;
    incoming.judgedUs = incoming.nowUs - this.#standstill.graceUs;
    this.#recorder.received(phase, end - start);
    if (binary && this.#receiveEcho(conversation)) return;
    const record = this.#replies.find(conversation, this.incoming);
    if (this.#replies.troubled) this.#failSearch(conversation);
    if (record === NONE) this.#unsolicited(conversation);
    else this.#settle(conversation, record, this.#replies.ambiguous);
  }

  /** Times out what is overdue. `ownerOf` finds the conversation of a slot. */
  expire(nowUs: number, ownerOf: (slot: number) => Conversation): void {
    const table = this.pending;
    for (let name = 0; name < this.#definitions; name++) {
      for (let record = table.overdue(name, nowUs); record !== NONE; ) {
        const owner = ownerOf(table.slotOf(record));
        this.#timeOut(owner, record);
        if (table.used > MAX_REMEMBERED) {
          this.#recorder.count(table.phaseOf(record), COUNT.lost, 1);
          table.remove(owner, record);
        }
        owner.onSettled();
        record = table.overdue(name, nowUs);
      }
    }
  }

  /**
   * The connection is over: what it still waited for is unanswered, and with what timed out, lost. When we cut it
   * ourselves, a reply on its way is unanswered by our doing: neither a failure nor a loss.
   */
  settleAll(conversation: Conversation, cutByUs: boolean): void {
    const table = this.pending;
    for (let record = conversation.pendingHead; record !== NONE; ) {
      const next = table.nextOf(record);
      const phase = table.phaseOf(record);
      const expired = table.isExpired(record);
      if (!expired) {
        this.#recorder.message(
          MESSAGE.unanswered,
          phase,
          table.definition(record),
          conversation.target,
        );
        if (!cutByUs) this.#fail(conversation, "unanswered", record);
      }
      if (expired || !cutByUs) this.#recorder.count(phase, COUNT.lost, 1);
      table.remove(conversation, record);
      record = next;
    }
  }

  /** @returns false when the binary message is no echo of a stamped one, as far as can be seen */
  #receiveEcho(conversation: Conversation): boolean {
    const { data, start, end } = this.incoming;
    if (end - start < STAMP_BYTES) return this.#receiveDamaged(conversation);
    const index = data.readUInt32LE(start + 4);
    const incarnation = data.readUInt32LE(start + 8);
    const seq = data.readUInt32LE(start + 12);
    if (data.readUInt32LE(start) !== stampCheck(this.#tag, index, incarnation, seq)) {
      return this.#receiveDamaged(conversation);
    }
    if (index !== conversation.index) {
      this.#count(COUNT.leaked);
      this.#fail(conversation, "leaked", NONE);
      return true;
    }
    if (incarnation !== conversation.incarnation) {
      // For this user's earlier connection: it was settled there, and is no answer here.
      this.#count(COUNT.unsolicited);
      return true;
    }
    const record = this.#stamped.find(conversation, seq);
    if (record === NONE) {
      this.#count(COUNT.duplicated);
      this.#fail(conversation, "duplicated", NONE);
    } else if (this.#audit && !this.#stamped.isIntact(record, this.incoming)) {
      this.#corrupt(conversation, record);
    } else this.#settle(conversation, record, false);
    return true;
  }

  #receiveDamaged(conversation: Conversation): boolean {
    const record = this.#stamped.findDamaged(conversation, this.incoming);
    if (record !== NONE) this.#corrupt(conversation, record);
    return record !== NONE;
  }

  #unsolicited(conversation: Conversation): void {
    this.#count(COUNT.unsolicited);
    if (conversation.pendingCount === 0) return;
    const table = this.pending;
    let record = conversation.pendingHead;
    while (table.isExpired(record)) record = table.nextOf(record);
    this.unmatched.keep(conversation, this.incoming, table.sentUsOf(record));
  }

  /** @param ambiguous a newer message would have taken the reply, too */
  #settle(conversation: Conversation, record: number, ambiguous: boolean): void {
    const { nowUs, judgedUs } = this.incoming;
    const table = this.pending;
    const name = table.definition(record);
    if (table.isPast(record, judgedUs)) {
      this.#late(conversation, record, ambiguous);
      return;
    }
    const phase = table.phaseOf(record);
    const seq = table.seqOf(record);
    if (seq > conversation.answered) conversation.answered = seq;
    else if (this.#audit) {
      this.#count(COUNT.reordered);
      this.#fail(conversation, "reordered", record);
    }
    this.#recorder.matched(
      phase,
      name,
      nowUs - table.intendedUsOf(record),
      nowUs - table.sentUsOf(record),
    );
    this.#recorder.targets.count(phase, conversation.target, TARGET.matched);
    table.remove(conversation, record);
    conversation.onSettled();
  }

  /** The message timed out before, and that was its failure; or it has now, and the engine had not seen it yet. */
  #late(conversation: Conversation, record: number, ambiguous: boolean): void {
    const table = this.pending;
    const waited = !table.isExpired(record);
    if (waited) this.#timeOut(conversation, record);
    const { phase } = this.incoming;
    this.#recorder.message(MESSAGE.late, phase, table.definition(record), conversation.target);
    if (ambiguous) this.#count(COUNT.ambiguous);
    table.remove(conversation, record);
    if (waited) conversation.onSettled();
  }

  #timeOut(owner: Conversation, record: number): void {
    const table = this.pending;
    const phase = table.phaseOf(record);
    this.#recorder.message(MESSAGE.timedOut, phase, table.definition(record), owner.target);
    this.#fail(owner, "reply-timeout", record);
    table.expire(owner, record);
  }

  #corrupt(conversation: Conversation, record: number): void {
    const table = this.pending;
    const waited = !table.isExpired(record);
    if (!table.isPast(record, this.incoming.judgedUs)) {
      const name = table.definition(record);
      const phase = table.phaseOf(record);
      this.#recorder.message(MESSAGE.corruptReplies, phase, name, conversation.target);
    } else if (waited) this.#timeOut(conversation, record);
    this.#count(COUNT.corrupt);
    this.#fail(conversation, "corrupt", record);
    table.remove(conversation, record);
    if (waited) conversation.onSettled();
  }

  /** Tells what went wrong: with a message we sent when `record` is not NONE, else with what came. */
  #fail(conversation: Conversation, kind: MessageFailure, record: number): void {
    const table = this.pending;
    const failed = this.#failed;
    const missing = kind === "reply-timeout" || kind === "unanswered";
    failed.kind = kind;
    failed.name = record === NONE ? NONE : table.definition(record);
    failed.phase = missing ? table.phaseOf(record) : this.incoming.phase;
    failed.sentUs = missing ? table.sentUsOf(record) : Number.POSITIVE_INFINITY;
    conversation.onMessageFailure(failed);
  }

  /** The message could not be compared with all that it may answer. */
  #failSearch(conversation: Conversation): void {
    const failed = this.#failed;
    const { costly, isUnread } = this.#replies;
    failed.phase = this.incoming.phase;
    failed.sentUs = Number.POSITIVE_INFINITY;
    failed.name = costly;
    failed.kind = "scenario-cost";
    if (costly !== NONE) conversation.onMessageFailure(failed);
    failed.name = NONE;
    failed.kind = "message-unread";
    if (isUnread) conversation.onMessageFailure(failed);
  }

  #count(counter: number): void {
    this.#recorder.count(this.incoming.phase, counter, 1);
  }
}
