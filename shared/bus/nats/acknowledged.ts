/**
 * What of each run's frame log the coordinator has on disk, as one value per run. Used by frame-log.ts.
 * Invariant: what was written in another life of the store counts for nothing: its sequences name other frames.
 */
import * as z from "zod";
import { safe } from "./documents.ts";
import { type NatsStore, parseJson } from "./store.ts";

/** Up to the sequence, and each epoch's highest seq. */
const acknowledgedSchema = z.object({
  /** The store's generation in which the sequences are. */
  life: z.string().max(100),
  sequence: z.int().min(0),
  epochs: z.record(z.string().max(20), z.int().min(0)),
});
export type Acknowledged = z.infer<typeof acknowledgedSchema>;

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
        const read = acknowledgedSchema.safeParse(parseJson(entry.value));
        const value = read.success && read.data.life === life ? read.data : nothing;
        return { value, revision: entry.revision };
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
