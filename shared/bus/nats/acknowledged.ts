/**
 * What of each run's frame log the coordinator has on disk, as one value per run. Used by frame-log.ts.
 * Invariant: what was written in another life of the store counts for nothing: its sequences name other frames.
 */
import { safe } from "./documents.ts";
import type { NatsStore } from "./store.ts";

/** Up to the sequence, and each epoch's highest seq. */
export interface Acknowledged {
  /** The store's generation in which the sequences are. */
  readonly life: string;
  readonly sequence: number;
  readonly epochs: Readonly<Record<string, number>>;
}

export class NatsAcknowledged {
  readonly #store: NatsStore;

  constructor(store: NatsStore) {
    this.#store = store;
  }

  /** There from the first question on, so that writing it always has a revision to follow. */
  async get(
    run: string,
    life: string,
  ): Promise<{ readonly value: Acknowledged; readonly revision: number }> {
    const nothing: Acknowledged = { life, sequence: 0, epochs: {} };
    for (;;) {
      const entry = await this.#store.get(keyOf(run));
      if (entry !== null) {
        const value = JSON.parse(Buffer.from(entry.value).toString()) as Acknowledged;
        return { value: value.life === life ? value : nothing, revision: entry.revision };
      }
      await this.#store.cas(keyOf(run), JSON.stringify(nothing), 0);
    }
  }

  /** @param revision that it replaces */
  replace(run: string, value: Acknowledged, revision: number): Promise<number | "conflict"> {
    return this.#store.cas(keyOf(run), JSON.stringify(value), revision);
  }

  forget(run: string): Promise<void> {
    return this.#store.forget(keyOf(run));
  }
}

function keyOf(run: string): string {
  return `acknowledged.${safe(run)}`;
}
