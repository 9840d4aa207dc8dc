/**
 * The reply expressions of a mix. Those that only compare single fields, `m.type == 'ack' && m.id == sent.id` and the like, are
 * judged by the bytes of the message instead of by parsed JSON. Called by reply-search.ts with what came, by payload.ts with
 * what is sent. Invariant: an answer other than undefined is the one that the expression gives for the parsed message; where bytes do not
 * tell, there is none, and the caller parses.
 */
import type { FieldComparison, Literal } from "../../shared/scenario/expression/conjunction.ts";
import {
  type CompiledMatch,
  compileMatch,
} from "../../shared/scenario/expression/message-expression.ts";
import type { StrictMessage, StrictReply } from "../../shared/scenario/strict.ts";
import { ABSENT, isPlain, isSame, JsonFields, SUBTLE } from "./json-fields.ts";
import { MAX_JSON_BYTES } from "./json-reading.ts";
import { MAX_KEY_BYTES, type PendingTable } from "./pending-table.ts";

/** Of all messages of a mix together; each key of a message is compared with all of them. */
const MAX_FIELDS = 16;

interface PlannedComparison {
  /** Number of the field among those that are read of a reply. */
  readonly field: number;
  /** Its bytes must be these; null: those of the sent field. */
  readonly literal: Buffer | null;
}

/** How the replies to one message of the mix are told. */
interface Plan {
  readonly comparisons: readonly PlannedComparison[];
  /** What is kept of a sent message; null when literals are enough. */
  readonly sentField: string | null;
}

/** Reads the one field of a message that its reply repeats. */
export class SentKey {
  /** The field's bytes in the message last read; 0 of them when it has none that equal bytes settle, or a long one. */
  readonly bytes = Buffer.alloc(MAX_KEY_BYTES);
  length = 0;

  /** @param fields of one field */
  read(fields: JsonFields, message: Buffer, start: number, end: number): void {
    this.length = 0;
    if (!fields.read(message, start, end)) return;
    const from = fields.starts[0] as number;
    if (from >= 0) this.take(message, from, fields.ends[0] as number);
  }

  /** The field's bytes are known to be [start, end). */
  take(message: Buffer, start: number, end: number): void {
    const length = end - start;
    this.length = length > MAX_KEY_BYTES ? 0 : length;
    for (let at = 0; at < this.length; at++) this.bytes[at] = message[start + at] as number;
  }
}

export class ReplyExpressions {
  /** By message of the mix; null where replies are told otherwise. */
  readonly matches: readonly (CompiledMatch | null)[];
  /** By message of the mix: which reply says that the request failed; null where none does. */
  readonly fails: readonly (CompiledMatch | null)[];
  readonly #fields: JsonFields;
  readonly #plans: readonly (Plan | null)[];

  constructor(mix: readonly Pick<StrictMessage, "reply">[]) {
    this.fails = mix.map(({ reply }) =>
      reply.match === "none" || reply.fail === null ? null : compileMatch(reply.fail),
    );
    const matches = mix.map(({ reply }) =>
      reply.match === "where" ? compileMatch(reply.where) : null,
    );
    this.matches = matches;
    const read = new Set<string>();
    for (const match of matches) {
      for (const { field } of comparableIn(match) ?? []) read.add(field);
    }
    const names = [...read];
    const isFew = names.length <= MAX_FIELDS;
    this.#fields = new JsonFields(isFew ? names : []);
    // What else reads `sent` needs more of it than a key.
    this.#plans = matches.map((match, at) =>
      isFew && !readsSent(mix[at]?.reply) ? planOf(match, names) : null,
    );
  }

  /** Some reply is told by a field of what was sent. */
  get isKeyed(): boolean {
    return this.#plans.some((plan) => plan !== null && plan.sentField !== null);
  }

  /** The field of a message of this name that is kept; null when none is. */
  sentFieldOf(name: number): string | null {
    return this.#plans[name]?.sentField ?? null;
  }

  /** Replies to this message can be told so. */
  covers(name: number): boolean {
    return this.#plans[name] !== null;
  }

  /** A text message came. False: judge() cannot tell anything of it. */
  read(bytes: Buffer, start: number, end: number): boolean {
    return end - start <= MAX_JSON_BYTES && this.#fields.read(bytes, start, end);
  }

  /** Whether the message last read answers the one in `record`; undefined: its bytes do not tell. */
  judge(name: number, table: PendingTable, record: number, bytes: Buffer): boolean | undefined {
    const { comparisons } = this.#plans[name] as Plan;
    const { starts, ends } = this.#fields;
    let isSure = true;
    for (let i = 0; i < comparisons.length; i++) {
      const { field, literal } = comparisons[i] as PlannedComparison;
      const start = starts[field] as number;
      if (start === ABSENT) return false;
      if (start === SUBTLE || (literal === null && !table.hasKey(record))) isSure = false;
      else if (
        literal === null
          ? !table.isKey(record, bytes, start, ends[field] as number)
          : !isSame(literal, bytes, start, ends[field] as number)
      ) {
        return false;
      }
    }
    return isSure ? true : undefined;
  }

  /** `sent` of the message in `record`, as far as its expression reads it. */
  sentOf(name: number, table: PendingTable, record: number): unknown {
    if (!table.hasKey(record)) return table.sent[record];
    const { sentField } = this.#plans[name] as Plan;
    return { [sentField as string]: JSON.parse(table.keyText(record)) as unknown };
  }
}

/** What must be equal, when bytes can tell it. */
function comparableIn(match: CompiledMatch | null): readonly FieldComparison[] | null {
  const fields = match?.fields ?? null;
  const isComparable = fields?.every(
    ({ sentField, literal }) => sentField !== null || bytesOf(literal) !== null,
  );
  return isComparable ? fields : null;
}

/** Its fail or capture expressions read what was sent. */
function readsSent(reply: StrictReply | undefined): boolean {
  if (reply === undefined || reply.match === "none") return false;
  const sources = [reply.fail ?? "", ...reply.capture.map(({ value }) => value)];
  return sources.some((source) => /\bsent\b/.test(source));
}

function planOf(match: CompiledMatch | null, names: readonly string[]): Plan | null {
  const fields = comparableIn(match);
  if (fields === null) return null;
  return {
    comparisons: fields.map(({ field, sentField, literal }) => ({
      field: names.indexOf(field),
      literal: sentField === null ? bytesOf(literal) : null,
    })),
    sentField: fields.find(({ sentField }) => sentField !== null)?.sentField ?? null,
  };
}

/** The one form in which a plain value of this literal is written; null when there may be others. */
function bytesOf(literal: Literal): Buffer | null {
  if (typeof literal === "string" && !literal.isWellFormed()) return null;
  const bytes = Buffer.from(JSON.stringify(literal));
  return isPlain(bytes, 0, bytes.length) ? bytes : null;
}
