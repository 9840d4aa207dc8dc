/**
 * A reply outside the stamped path, as the correlator looks at it. Invariant: what matching may need of it is
 * computed at most once, whatever number of unanswered messages it is compared with.
 */
import { crc32 } from "node:zlib";
import type { Incoming } from "./conversation.ts";
import { parseJson } from "./payload.ts";

export class Reply {
  readonly size: number;
  readonly #bytes: Buffer;
  #hash: number | null = null;
  #json: unknown = undefined;
  #parsed = false;

  constructor(incoming: Incoming) {
    this.#bytes = incoming.data.subarray(incoming.start, incoming.end);
    this.size = this.#bytes.length;
  }

  hash(): number {
    this.#hash ??= crc32(this.#bytes) | 0;
    return this.#hash;
  }

  json(): unknown {
    if (!this.#parsed) {
      this.#parsed = true;
      this.#json = parseJson(this.#bytes.toString());
    }
    return this.#json;
  }
}
