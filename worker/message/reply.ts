/**
 * A reply outside the stamped path, as the correlator looks at it. Invariant: what matching may need of it is
 * computed at most once, whatever number of unanswered messages it is compared with. One object for all, so nothing is kept.
 */
import { crc32 } from "node:zlib";
import type { CompiledMatch } from "../../shared/scenario/expression/expression.ts";
import { MAX_STEPS } from "../../shared/scenario/expression/expression-cost.ts";
import type { Incoming } from "./conversation.ts";
import { readJson, UNREAD } from "./json-reading.ts";
import { NONE } from "./pending-table.ts";
import type { ReplyExpressions } from "./reply-expressions.ts";

/** For one message, whatever number of unanswered messages it may answer. */
const MAX_MESSAGE_STEPS = 10 * MAX_STEPS;

export class Reply {
  size = 0;
  #incoming: Incoming | null = null;
  #bytes: Buffer | null = null;
  #hash: number | null = null;
  #json: unknown = undefined;
  #parsed = false;
  #fields: boolean | null = null;
  #steps = 0;
  /** The message of the mix whose expression took too many; NONE for none. */
  costly = NONE;

  /** Looks at this message from now on; it is valid until drop(). */
  take(incoming: Incoming): void {
    this.#incoming = incoming;
    this.size = incoming.end - incoming.start;
    this.costly = NONE;
  }

  /** Forgets the message. */
  drop(): void {
    this.#bytes = null;
    this.#hash = null;
    this.#json = undefined;
    this.#parsed = false;
    this.#fields = null;
    this.#steps = 0;
  }

  hash(): number {
    this.#hash ??= crc32(this.#all()) | 0;
    return this.#hash;
  }

  /** An expression has looked at it, for a message of this name. */
  spend({ steps, exceeded }: Pick<CompiledMatch, "steps" | "exceeded">, name: number): void {
    this.#steps += steps;
    if (exceeded || this.#steps > MAX_MESSAGE_STEPS) this.costly = name;
  }

  /** Its fields can be read from its bytes: those of a text that is a map in JSON. */
  hasFields(match: ReplyExpressions): boolean {
    const { data, start, end, binary } = this.#incoming as Incoming;
    this.#fields ??= !binary && match.read(data, start, end);
    return this.#fields;
  }

  /** The buffer it is in, at the offsets that its fields have. */
  get data(): Buffer {
    return (this.#incoming as Incoming).data;
  }

  /** undefined for what is not JSON, or is not read. */
  json(): unknown {
    if (!this.#parsed) {
      this.#parsed = true;
      this.#json = readJson(this.#all());
    }
    return this.#json === UNREAD ? undefined : this.#json;
  }

  /** JSON was asked for, and is too large or too deep to be read. */
  get isUnread(): boolean {
    return this.#json === UNREAD;
  }

  #all(): Buffer {
    const { data, start, end } = this.#incoming as Incoming;
    this.#bytes ??= data.subarray(start, end);
    return this.#bytes;
  }
}
