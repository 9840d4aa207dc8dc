/**
 * Echoes of stamped binary messages: whose a binary message is, and what becomes of it. Called by the correlator. Invariant: one
 * of another user or an earlier connection settles nothing here.
 */
import { COUNT } from "../record/recorder.ts";
import type { Conversation, Incoming } from "./conversation.ts";
import { NONE } from "./pending-table.ts";
import type { Settlement } from "./settlement.ts";
import { STAMP_BYTES, stampCheck } from "./stamp.ts";
import type { StampedEcho } from "./stamped-echo.ts";

export class Echoes {
  readonly #incoming: Incoming;
  readonly #stamped: StampedEcho;
  readonly #settlement: Settlement;
  readonly #tag: number;
  readonly #audit: boolean;
  readonly #found = { record: NONE, ambiguous: false, rejected: false };

  /** @param audit integrity.stamp: the whole echo is compared */
  constructor(of: {
    readonly incoming: Incoming;
    readonly stamped: StampedEcho;
    readonly settlement: Settlement;
    readonly tag: number;
    readonly audit: boolean;
  }) {
    this.#incoming = of.incoming;
    this.#stamped = of.stamped;
    this.#settlement = of.settlement;
    this.#tag = of.tag;
    this.#audit = of.audit;
  }

  /** @returns false when the binary message is no echo of a stamped one, as far as can be seen */
  receive(conversation: Conversation): boolean {
    const { data, start, end } = this.#incoming;
    if (end - start < STAMP_BYTES) return this.#receiveDamaged(conversation);
    const index = data.readUInt32LE(start + 4);
    const incarnation = data.readUInt32LE(start + 8);
    const seq = data.readUInt32LE(start + 12);
    if (data.readUInt32LE(start) !== stampCheck(this.#tag, index, incarnation, seq)) {
      return this.#receiveDamaged(conversation);
    }
    const settlement = this.#settlement;
    if (index !== conversation.index) {
      settlement.count(COUNT.leaked);
      const whose = `connection ${conversation.index} got an echo of connection ${index}`;
      settlement.failWith(conversation, "leaked", NONE, whose);
      return true;
    }
    if (incarnation !== conversation.incarnation) {
      // For this user's earlier connection: it was settled there, and is no answer here.
      settlement.count(COUNT.unsolicited);
      return true;
    }
    const record = this.#stamped.find(conversation, seq);
    this.#found.record = record;
    if (record === NONE) {
      settlement.count(COUNT.duplicated);
      settlement.failWith(conversation, "duplicated", NONE);
    } else if (this.#audit && !this.#stamped.isIntact(record, this.#incoming)) {
      settlement.corrupt(conversation, record);
    } else settlement.settle(conversation, this.#found, null);
    return true;
  }

  #receiveDamaged(conversation: Conversation): boolean {
    const record = this.#stamped.findDamaged(conversation, this.#incoming);
    if (record !== NONE) this.#settlement.corrupt(conversation, record);
    return record !== NONE;
  }
}
