/**
 * A reply outside the stamped path, as the correlator looks at it. Invariant: what matching may need of it is
 * computed at most once, whatever number of unanswered messages it is compared with.
 */
import { crc32 } from "node:zlib";
import type { CompiledMatch } from "../../shared/scenario/expression/expression.ts";
import { MAX_STEPS } from "../../shared/scenario/expression/expression-cost.ts";
import type { Incoming } from "./conversation.ts";
import { readJson, UNREAD } from "./json-reading.ts";
import { NONE } from "./pending-table.ts";

/** For one message, whatever number of unanswered messages it may answer. */
const MAX_MESSAGE_STEPS = 10 * MAX_STEPS;

export class Reply {
  readonly size: number;
  readonly #bytes: Buffer;
  #hash: number | null = null;
  #json: unknown = undefined;
  #parsed = false;
  #steps = 0;
  /** The message of the mix whose expression took too many; NONE for none. */
  costly = NONE;

  constructor(incoming: Incoming) {
    this.#bytes = incoming.data.subarray(incoming.start, incoming.end);
    this.size = this.#bytes.length;
  }

  hash(): number {
    this.#hash ??= crc32(this.#bytes) | 0;
    return this.#hash;
  }

  /** An expression has looked at it, for a message of this name. */
  spend({ steps, exceeded }: Pick<CompiledMatch, "steps" | "exceeded">, name: number): void {
    this.#steps += steps;
    if (exceeded || this.#steps > MAX_MESSAGE_STEPS) this.costly = name;
  }

  /** undefined for what is not JSON, or is not read. */
  json(): unknown {
    if (!this.#parsed) {
      this.#parsed = true;
      this.#json = readJson(this.#bytes);
    }
    return this.#json === UNREAD ? undefined : this.#json;
  }

  /** JSON was asked for, and is too large or too deep to be read. */
  get isUnread(): boolean {
    return this.#json === UNREAD;
  }
}
