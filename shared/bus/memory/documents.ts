/**
 * State documents with compare-and-set, in memory. Part of the memory store.
 * Invariant: revisions come from one counter for all keys, so a key that was deleted and made again never
 * shows a revision it had before, and a writer that slept through it conflicts.
 */
import { deserialize, serialize } from "node:v8";
import { assert } from "../../assert.ts";
import type { BusDocument } from "../bus.ts";

/** A plan with its data tables is by far the largest document. */
const MAX_DOCUMENT_BYTES = 256 * 1024 * 1024;

interface Stored {
  /** Kept serialised: what goes in and out is always a copy, and its size is known. */
  readonly bytes: Buffer;
  readonly revision: number;
  /** The revision it replaced; tells a repeated call from a conflict. */
  readonly previous: number;
}

export class Documents {
  readonly #limit: number;
  readonly #stored = new Map<string, Stored>();
  #lastRevision = 0;

  /** @param limit number of documents held at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): BusDocument | null {
    const stored = this.#stored.get(key);
    if (stored === undefined) return null;
    return { value: deserialize(stored.bytes), revision: stored.revision };
  }

  put(key: string, value: unknown, expectedRevision: number): number | "conflict" {
    const bytes = serialize(value);
    const stored = this.#stored.get(key);
    const current = stored?.revision ?? 0;
    if (current !== expectedRevision) {
      const repeated = stored?.previous === expectedRevision && stored.bytes.equals(bytes);
      return repeated ? current : "conflict";
    }
    assert(bytes.length <= MAX_DOCUMENT_BYTES, `document ${key} has ${bytes.length} bytes`);
    assert(this.#stored.size < this.#limit || current > 0, `over ${this.#limit} documents`);
    this.#lastRevision += 1;
    this.#stored.set(key, { bytes, revision: this.#lastRevision, previous: current });
    return this.#lastRevision;
  }

  delete(key: string): void {
    this.#stored.delete(key);
  }

  /** All but how far revisions have come. */
  forgetEverything(): void {
    this.#stored.clear();
  }
}
