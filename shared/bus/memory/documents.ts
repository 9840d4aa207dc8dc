/**
 * State documents with compare-and-set, in memory. Part of the memory store.
 * Invariant: revisions come from one counter for all keys, so a key that was deleted and made again never
 * shows a revision it had before, and a writer that slept through it conflicts.
 */
import { assert } from "../../assert.ts";
import { RECORD_LIMITS, type StoredText } from "../transport.ts";

interface Stored {
  readonly text: string;
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

  get(key: string): StoredText | null {
    return this.#stored.get(key) ?? null;
  }

  put(key: string, text: string, expectedRevision: number): number | "conflict" {
    const stored = this.#stored.get(key);
    const current = stored?.revision ?? 0;
    if (current !== expectedRevision) {
      const repeated = stored?.previous === expectedRevision && stored.text === text;
      return repeated ? current : "conflict";
    }
    assert(text.length <= RECORD_LIMITS.document, `document ${key} has ${text.length} characters`);
    assert(this.#stored.size < this.#limit || current > 0, `over ${this.#limit} documents`);
    this.#lastRevision += 1;
    this.#stored.set(key, { text, revision: this.#lastRevision, previous: current });
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
