/**
 * Finds the message that a reply without a stamp answers. Called by the correlator.
 * Invariant: a reply that could be that of a message which timed out is never credited to a newer one, so a time that is
 * recorded is never the delay of an older message cut short.
 *
 * The oldest message of the connection that the reply fits takes it, timed out or not. One that timed out comes first
 * for REMEMBERED_US after its deadline; then its reply counts as lost, and only what nothing else fits is still its own.
 */
import type { CompiledMatch } from "../../shared/scenario/expression/message-expression.ts";
import type { Conversation } from "./conversation.ts";
import type { Payloads } from "./payload.ts";
import { Match } from "./payload-variant.ts";
import { NONE, type PendingTable } from "./pending-table.ts";
import type { ReceivedMessage } from "./received-message.ts";
import type { ReplyExpressions } from "./reply-expressions.ts";

/** How long a message that timed out still comes before newer ones. */
export const REMEMBERED_US = 60_000_000;
/** Timed out messages that one reply is tried on before those still waiting. */
export const MAX_TRIED = 64;

export class ReplySearch {
  /** The message last found had timed out, and one that still waits would have taken the reply, too. */
  ambiguous = false;
  /** The message last looked at says that the request failed. */
  rejected = false;
  /** The message of the mix whose expression took too many steps over the message last looked at; NONE for none. */
  costly = NONE;
  /** The message last looked at is JSON that is too large or too deep to be read. */
  isUnread = false;
  readonly #table: PendingTable;
  readonly #payloads: Payloads;
  readonly #expressions: ReplyExpressions;

  constructor(table: PendingTable, payloads: Payloads, expressions: ReplyExpressions) {
    this.#table = table;
    this.#payloads = payloads;
    this.#expressions = expressions;
  }

  /** Something kept the message last looked at from being compared with all that it may answer. */
  get troubled(): boolean {
    return this.costly !== NONE || this.isUnread;
  }

  /** @returns the record, or NONE when the message answers nothing */
  find(conversation: Conversation, reply: ReceivedMessage): number {
    this.ambiguous = false;
    this.rejected = false;
    this.costly = NONE;
    this.isUnread = false;
    if (conversation.pendingHead === NONE) return NONE;
    const record = this.#search(conversation, reply, reply.judgedUs);
    this.costly = reply.costly;
    this.isUnread = reply.isUnread;
    return record;
  }

  #search(conversation: Conversation, reply: ReceivedMessage, nowUs: number): number {
    const table = this.#table;
    let tried = 0;
    for (let record = conversation.pendingHead; record !== NONE; record = table.nextOf(record)) {
      const past = table.isPast(record, nowUs);
      if (past && (tried >= MAX_TRIED || this.#isForgotten(record, nowUs))) continue;
      if (past) tried++;
      if (!this.#fits(record, reply)) continue;
      if (past) this.ambiguous = this.#fitsWaiting(conversation, reply, nowUs);
      return record;
    }
    return conversation.expiredCount > 0 ? this.#findExpired(conversation, reply) : NONE;
  }

  #isForgotten(record: number, nowUs: number): boolean {
    return this.#table.deadlineUsOf(record) + REMEMBERED_US < nowUs;
  }

  #fitsWaiting(conversation: Conversation, reply: ReceivedMessage, nowUs: number): boolean {
    const table = this.#table;
    let record = conversation.pendingTail;
    while (record !== NONE) {
      if (!table.isPast(record, nowUs) && this.#fits(record, reply)) return true;
      record = table.previousOf(record);
    }
    return false;
  }

  /** Nothing that waits fits: whatever timed out, however long ago. */
  #findExpired(conversation: Conversation, reply: ReceivedMessage): number {
    const table = this.#table;
    let record = conversation.pendingHead;
    while (record !== NONE && !(table.isExpired(record) && this.#fits(record, reply))) {
      record = table.nextOf(record);
    }
    return record;
  }

  #fits(record: number, reply: ReceivedMessage): boolean {
    const table = this.#table;
    const name = table.definition(record);
    if (this.#rejects(record, name, reply)) {
      this.rejected = true;
      return true;
    }
    this.rejected = false;
    switch (this.#payloads.matchOf(name)) {
      case Match.hash:
        return (
          table.sizeOf(record) === reply.size &&
          !this.#payloads.isStamped(name, table.sizeOf(record)) &&
          table.hashOf(record) === reply.hash()
        );
      case Match.next:
        return true;
      case Match.where:
        return this.#answers(record, name, reply) ?? this.#satisfies(record, name, reply);
      default:
        return false;
    }
  }

  /** By the bytes of single fields; undefined when they do not tell. */
  #answers(record: number, name: number, reply: ReceivedMessage): boolean | undefined {
    const expressions = this.#expressions;
    if (!expressions.covers(name) || !reply.hasFields(expressions)) return undefined;
    if (reply.costly !== NONE) return false;
    return expressions.judge(name, this.#table, record, reply.data);
  }

  /** An expression that takes too much over this message is not tried on it again. */
  #satisfies(record: number, name: number, reply: ReceivedMessage): boolean {
    const match = this.#expressions.matches[name];
    return match ? this.#holds(match, record, name, reply) : false;
  }

  /** It says that the request failed. */
  #rejects(record: number, name: number, reply: ReceivedMessage): boolean {
    const fail = this.#expressions.fails[name];
    return fail ? this.#holds(fail, record, name, reply) : false;
  }

  #holds(match: CompiledMatch, record: number, name: number, reply: ReceivedMessage): boolean {
    if (reply.costly !== NONE) return false;
    const sent = this.#expressions.sentOf(name, this.#table, record);
    const holds = match.test(reply.m, sent, reply);
    reply.spend(match, name);
    return holds;
  }
}
