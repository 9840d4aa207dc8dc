/**
 * Finds the sequence that a message is an event of. Used by sequences.ts. Invariant: of several whose key fits, the oldest that
 * is not over is found, whatever its state; only where all are over, the newest of them.
 * Bound: an expression is tried on MAX_TRIED sequences that are over, and costs what any expression over a message may.
 */
import type { Conversation } from "../message/conversation.ts";
import { NONE as NO_NAME } from "../message/pending-table.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import type { SequenceDefinition } from "./definition.ts";
import { type InstanceTable, NONE } from "./instance-table.ts";
import { isKey, KeyIndex } from "./key-index.ts";

const MAX_TRIED = 64;

export class InstanceSearch {
  readonly #table: InstanceTable;
  readonly #definitions: readonly SequenceDefinition[];
  readonly #index = new KeyIndex();
  /** By definition: records that only the expression finds. */
  readonly #unindexed: Int32Array;
  /** By definition: what was sent, as far as a key with more than one comparison needs it. */
  readonly #probes: readonly Record<string, unknown>[];
  readonly #place = { slot: 0, definition: 0 };

  constructor(table: InstanceTable, definitions: readonly SequenceDefinition[]) {
    this.#table = table;
    this.#definitions = definitions;
    this.#unindexed = new Int32Array(definitions.length);
    this.#probes = definitions.map(({ pair }) => (pair === null ? {} : { [pair.sentField]: null }));
  }

  /** A sequence begins with what was sent. */
  add(record: number, sent: unknown): void {
    const table = this.#table;
    const definition = table.definition(record);
    const { pair } = this.#definitions[definition] as SequenceDefinition;
    const key = pair === null ? undefined : fieldOf(sent, pair.sentField);
    if (key !== undefined && isKey(key)) {
      this.#index.add(record, this.#placeOf(table.slot(record), definition), key);
      return;
    }
    table.sent[record] = sent ?? null;
    this.#unindexed[definition] = (this.#unindexed[definition] as number) + 1;
  }

  /** Called before the table forgets it. */
  remove(record: number): void {
    const table = this.#table;
    if (table.sent[record] === undefined) {
      this.#index.remove(record);
      return;
    }
    const definition = table.definition(record);
    this.#unindexed[definition] = (this.#unindexed[definition] as number) - 1;
  }

  /** @returns NONE when the message is no event of this definition's sequences on the connection */
  find(conversation: Conversation, definition: number, message: ReceivedMessage): number {
    if (this.#table.size(conversation.slot) === 0) return NONE;
    const found = this.#byKey(conversation.slot, definition, message);
    if (found !== NONE || this.#unindexed[definition] === 0) return found;
    return this.#byExpression(conversation.slot, definition, message);
  }

  #byKey(slot: number, definition: number, message: ReceivedMessage): number {
    const { pair, key } = this.#definitions[definition] as SequenceDefinition;
    if (pair === null) return NONE;
    const value = fieldOf(message.m, pair.field);
    if (value === undefined || !isKey(value)) return NONE;
    let found = NONE;
    let record = this.#index.first(this.#placeOf(slot, definition), value);
    if (record !== NONE && key.fields?.length !== 1 && !this.#holds(definition, message, value)) {
      return NONE;
    }
    for (; record !== NONE; record = this.#index.next(record)) {
      if (found === NONE || !this.#table.isOver(record)) found = record;
    }
    return found;
  }

  /** What the key compares beside the one field is true, too. */
  #holds(definition: number, message: ReceivedMessage, value: unknown): boolean {
    const { pair, key } = this.#definitions[definition] as SequenceDefinition;
    const probe = this.#probes[definition] as Record<string, unknown>;
    if (pair !== null) probe[pair.sentField] = value;
    return key.test(message.m, probe, message);
  }

  #byExpression(slot: number, definition: number, message: ReceivedMessage): number {
    const table = this.#table;
    const { key, position } = this.#definitions[definition] as SequenceDefinition;
    let tried = 0;
    let found = NONE;
    for (let record = table.head(slot); record !== NONE; record = table.next(record)) {
      const sent = table.sent[record];
      if (table.definition(record) !== definition || sent === undefined) continue;
      const isOver = table.isOver(record);
      if (isOver && tried++ >= MAX_TRIED) continue;
      if (message.costly !== NO_NAME) return found;
      const fits = key.test(message.m, sent, message);
      message.spend(key, position);
      if (fits && !isOver) return record;
      if (fits) found = record;
    }
    return found;
  }

  #placeOf(slot: number, definition: number) {
    this.#place.slot = slot;
    this.#place.definition = definition;
    return this.#place;
  }
}

/** The own field of a map; undefined where there is none. */
function fieldOf(of: unknown, field: string): unknown {
  if (typeof of !== "object" || of === null || Array.isArray(of)) return undefined;
  return Object.hasOwn(of, field) ? (of as Record<string, unknown>)[field] : undefined;
}
