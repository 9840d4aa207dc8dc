/**
 * `integrity.order`: loss, repetition and order of messages that carry a number of their sender, on each connection. Listed in
 * worker/observe/registry.ts. What a connection has heard is kept over its reconnects. Bounds: those of stream-table.ts and
 * gaps.ts; a message there is no room for is counted as not judged.
 */
import {
  type CompiledReading,
  compileReading,
} from "../../shared/scenario/expression/message-expression.ts";
import type { StrictOrder } from "../../shared/scenario/strict-conversation.ts";
import { type Conversation, FailedMessage, type MessageFailure } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import { type MakeObserver, type MessageObserver, Seen } from "../observe/observer.ts";
import { COUNT, type Recorder } from "../record/recorder.ts";
import { type Name, NO_NAME, nameIn } from "./name-table.ts";
import { Heard, NumberOrder } from "./number-order.ts";
import { NONE, StreamTable } from "./stream-table.ts";

/** What failures of this audit are listed under. */
const LABEL = "integrity.order";
/** Rows of connections that are over are looked for no more often. */
const SWEEP_EVERY_US = 1_000_000;

export const orderAudit: MakeObserver = ({ scenario, recorder }) => {
  const { order } = scenario.integrity;
  return order === null ? null : new OrderAudit(order, recorder);
};

class OrderAudit implements MessageObserver {
  readonly #recorder: Recorder;
  readonly #sender: CompiledReading;
  readonly #number: CompiledReading;
  readonly #scope: CompiledReading | null;
  readonly #streams = new StreamTable();
  readonly #order: NumberOrder;
  /** By slot. */
  readonly #owners: Conversation[] = [];
  readonly #over = new Set<number>();
  readonly #moment = { nowUs: 0, phase: 0, incarnation: 0 };
  readonly #failed = new FailedMessage();
  #sweptUs = Number.NEGATIVE_INFINITY;

  constructor({ sender, number, scope }: StrictOrder, recorder: Recorder) {
    this.#recorder = recorder;
    this.#sender = compileReading(sender);
    this.#number = compileReading(number);
    this.#scope = scope === null ? null : compileReading(scope);
    this.#order = new NumberOrder(
      (gap) => this.#missed(gap),
      (row, seq, heard, phase) => this.#judge(row, seq, heard, phase),
    );
    this.#failed.label = LABEL;
  }

  get nextDueUs(): number {
    return this.#order.gaps.nextDueUs;
  }

  opened(conversation: Conversation): void {
    const { slot } = conversation;
    this.#over.delete(slot);
    if (this.#owners[slot] === conversation) return;
    this.#streams.forget(slot);
    this.#owners[slot] = conversation;
  }

  observe(conversation: Conversation, message: ReceivedMessage): Seen {
    const sender = nameIn(this.#sender.read(message.m, null, message));
    const number = wholeIn(this.#number.read(message.m, null, message));
    if (sender === null || number === NONE) return Seen.no;
    const scope = this.#scope?.read(message.m, null, message) ?? NO_NAME;
    const moment = this.#moment;
    moment.nowUs = message.nowUs;
    moment.phase = message.phase;
    moment.incarnation = conversation.incarnation;
    this.#hear(conversation.slot, { sender, scope: nameIn(scope) ?? NO_NAME, number });
    return Seen.yes;
  }

  ended({ slot }: Conversation, _nowUs: number, cutByUs: boolean): void {
    const streams = this.#streams;
    for (let row = streams.firstOf(slot); row !== NONE; row = streams.nextOf(row)) {
      this.#order.end(row, !cutByUs);
    }
    this.#over.add(slot);
  }

  expire(nowUs: number): void {
    this.#order.gaps.expire(nowUs);
  }

  #hear(slot: number, said: { sender: Name; scope: Name; number: number }): void {
    const { sender, scope, number } = said;
    const { phase } = this.#moment;
    const known = this.#streams.find(slot, sender, scope);
    const row = known === NONE ? this.#follow(slot, sender, scope) : known;
    this.#recorder.count(phase, row === NONE ? COUNT.unaudited : COUNT.audited, 1);
    if (row === NONE) return;
    if (known === NONE) {
      this.#order.begin(row, number, this.#moment, this.#streams.capacity);
      return;
    }
    this.#judge(row, number, this.#order.hear(row, number, this.#moment), phase);
  }

  #follow(slot: number, sender: Name, scope: Name): number {
    const row = this.#streams.add(slot, sender, scope);
    const { nowUs } = this.#moment;
    if (row !== NONE || nowUs < this.#sweptUs + SWEEP_EVERY_US) return row;
    this.#sweptUs = nowUs;
    for (const over of this.#over) this.#streams.forget(over);
    this.#over.clear();
    return this.#streams.add(slot, sender, scope);
  }

  #judge(row: number, number: number, heard: Heard, phase: number): void {
    switch (heard) {
      case Heard.reordered:
        this.#recorder.count(phase, COUNT.reordered, 1);
        this.#fail("reordered", row, phase, `${number} came after higher numbers`);
        return;
      case Heard.duplicated:
        this.#recorder.count(phase, COUNT.duplicated, 1);
        this.#recorder.count(phase, COUNT.repeated, 1);
        this.#fail("duplicated", row, phase, `${number} came again`);
        return;
      case Heard.replayed:
        this.#recorder.count(phase, COUNT.replayed, 1);
        return;
      case Heard.restarted:
        this.#recorder.count(phase, COUNT.restarted, 1);
    }
  }

  #missed(gap: number): void {
    const { gaps } = this.#order;
    const from = gaps.fromOf(gap);
    const to = gaps.toOf(gap);
    const phase = gaps.phaseOf(gap);
    const count = to - from + 1;
    if (gaps.isAway(gap)) {
      this.#recorder.count(phase, COUNT.missedAway, count);
      return;
    }
    this.#recorder.count(phase, COUNT.lost, count);
    this.#recorder.count(phase, COUNT.missing, count);
    const which = count === 1 ? `${from}` : `${from} to ${to}`;
    this.#fail("lost", gaps.rowOf(gap), phase, `${which} never came, and later ones did`);
  }

  #fail(kind: MessageFailure, row: number, phase: number, what: string): void {
    const streams = this.#streams;
    const scope = streams.scopeOf(row);
    const failed = this.#failed;
    failed.kind = kind;
    failed.phase = phase;
    failed.detail = `sender ${streams.senderOf(row)}${scope === NO_NAME ? "" : `, scope ${scope}`}: ${what}`;
    this.#owners[streams.slotOf(row)]?.onMessageFailure(failed);
  }
}

/** A whole number that is exact, also one written as text; NONE for anything else. */
function wholeIn(value: unknown): number {
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : NONE;
}
