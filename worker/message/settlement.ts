/**
 * What becomes of a message that was sent: matched, rejected, late, timed out, corrupt. Called by the correlator, which knows
 * which message a reply is of. Invariant: every message sent that expects a reply is settled exactly once; a failure is
 * recorded once, when it is seen, in the phase of the counter that counts it.
 */
import { MESSAGE } from "../record/message-counters.ts";
import { COUNT, type Recorder, TARGET } from "../record/recorder.ts";
import type { CaptureList, Captures } from "./captures.ts";
import {
  type Conversation,
  FailedMessage,
  type Incoming,
  type MessageFailure,
} from "./conversation.ts";
import { NONE, type PendingTable } from "./pending-table.ts";
import type { ReceivedMessage } from "./received-message.ts";
import type { ReplyExpressions } from "./reply-expressions.ts";

/** How the correlator has found the message that a reply is of. */
export interface Found {
  readonly record: number;
  /** A newer message would have taken the reply, too. */
  readonly ambiguous: boolean;
  /** The reply says that the request failed. */
  readonly rejected: boolean;
}

export class Settlement {
  readonly #table: PendingTable;
  readonly #recorder: Recorder;
  readonly #incoming: Incoming;
  readonly #audit: boolean;
  readonly #failed = new FailedMessage();
  readonly #captures: Captures;
  /** By name; null where the reply has none. */
  readonly #lists: readonly (CaptureList | null)[];
  readonly #expressions: ReplyExpressions;

  constructor(of: {
    readonly table: PendingTable;
    readonly recorder: Recorder;
    readonly incoming: Incoming;
    readonly audit: boolean;
    readonly captures: Captures;
    readonly lists: readonly (CaptureList | null)[];
    readonly expressions: ReplyExpressions;
  }) {
    this.#table = of.table;
    this.#recorder = of.recorder;
    this.#incoming = of.incoming;
    this.#audit = of.audit;
    this.#captures = of.captures;
    this.#lists = of.lists;
    this.#expressions = of.expressions;
  }

  /** An echo came, or a reply; `message` is what it says, for what is captured of it. */
  settle(conversation: Conversation, found: Found, message: ReceivedMessage | null): void {
    const { record, ambiguous, rejected } = found;
    const table = this.#table;
    if (table.isPast(record, this.#incoming.judgedUs)) {
      this.#late(conversation, record, ambiguous);
      return;
    }
    if (rejected) {
      this.#reject(conversation, record, message);
      return;
    }
    if (table.answer(record) > 0) {
      this.count(COUNT.recognised);
      return;
    }
    const list = message === null ? null : this.#lists[table.definition(record)];
    if (message !== null && list) this.#capture(conversation, record, list, message);
    this.#matched(conversation, record);
  }

  /** Its deadline has passed. */
  timeOut(owner: Conversation, record: number): void {
    const table = this.#table;
    const phase = table.phaseOf(record);
    this.#recorder.message(MESSAGE.timedOut, phase, table.definition(record), owner.target);
    this.fail(owner, "reply-timeout", record);
    table.expire(owner, record);
  }

  corrupt(conversation: Conversation, record: number): void {
    const table = this.#table;
    const waited = !table.isExpired(record);
    const name = table.definition(record);
    if (!table.isPast(record, this.#incoming.judgedUs)) {
      const phase = table.phaseOf(record);
      this.#recorder.message(MESSAGE.corruptReplies, phase, name, conversation.target);
    } else if (waited) this.timeOut(conversation, record);
    this.count(COUNT.corrupt);
    this.fail(conversation, "corrupt", record);
    table.remove(conversation, record);
    if (waited) conversation.onSettled(name, false);
  }

  /** Says what went wrong: with a message we sent when `record` is not NONE, else with what came. */
  fail(conversation: Conversation, kind: MessageFailure, record: number, detail = ""): void {
    const table = this.#table;
    const failed = this.#failed;
    const missing = kind === "reply-timeout" || kind === "unanswered";
    failed.label = "";
    failed.kind = kind;
    failed.name = record === NONE ? NONE : table.definition(record);
    failed.detail = detail;
    failed.phase = missing ? table.phaseOf(record) : this.#incoming.phase;
    failed.sentUs = missing ? table.sentUsOf(record) : Number.POSITIVE_INFINITY;
    conversation.onMessageFailure(failed);
  }

  /** Something about what came, or about an expression over it; `name` may be NONE. */
  failWith(conversation: Conversation, kind: MessageFailure, name: number, label = ""): void {
    const failed = this.#failed;
    failed.label = label;
    failed.kind = kind;
    failed.name = name;
    failed.detail = "";
    failed.phase = this.#incoming.phase;
    failed.sentUs = Number.POSITIVE_INFINITY;
    conversation.onMessageFailure(failed);
  }

  /** Counts what came. */
  count(counter: number): void {
    this.#recorder.count(this.#incoming.phase, counter, 1);
  }

  #matched(conversation: Conversation, record: number): void {
    const { nowUs } = this.#incoming;
    const table = this.#table;
    const name = table.definition(record);
    const phase = table.phaseOf(record);
    const seq = table.seqOf(record);
    if (seq > conversation.answered) conversation.answered = seq;
    else if (this.#audit) {
      this.count(COUNT.reordered);
      this.fail(conversation, "reordered", record);
    }
    this.#recorder.matched(
      phase,
      name,
      nowUs - table.intendedUsOf(record),
      nowUs - table.sentUsOf(record),
    );
    this.#recorder.targets.count(phase, conversation.target, TARGET.matched);
    table.remove(conversation, record);
    conversation.onSettled(name, true);
  }

  #reject(conversation: Conversation, record: number, message: ReceivedMessage | null): void {
    const table = this.#table;
    const name = table.definition(record);
    this.#recorder.message(MESSAGE.rejected, table.phaseOf(record), name, conversation.target);
    this.fail(conversation, "rejected", record, message?.text ?? "");
    table.remove(conversation, record);
    conversation.onSettled(name, false);
  }

  /** The message timed out before, and that was its failure; or it has now, and the engine had not seen it yet. */
  #late(conversation: Conversation, record: number, ambiguous: boolean): void {
    const table = this.#table;
    const waited = !table.isExpired(record);
    if (waited) this.timeOut(conversation, record);
    const { phase } = this.#incoming;
    const name = table.definition(record);
    this.#recorder.message(MESSAGE.late, phase, name, conversation.target);
    if (ambiguous) this.count(COUNT.ambiguous);
    table.remove(conversation, record);
    if (waited) conversation.onSettled(name, false);
  }

  #capture(
    conversation: Conversation,
    record: number,
    list: CaptureList,
    message: ReceivedMessage,
  ): void {
    const name = this.#table.definition(record);
    const sent = this.#expressions.sentOf(name, this.#table, record);
    const missing = this.#captures.keep(conversation, list, message, sent);
    if (missing !== "") this.fail(conversation, "capture", record, message.text);
  }
}
