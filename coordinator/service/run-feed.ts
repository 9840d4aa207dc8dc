/**
 * What can be heard of a run while it goes on: its events and, once a second, its view. Kept by run-entry.ts, read by
 * whoever watches. Invariant: numbered without a gap; the newest MAX_KEPT are kept, so that who was cut off for a while
 * misses nothing, and who was for longer is told from where it goes on.
 */
import type { LiveView } from "../run/view.ts";
import type { RunEvent } from "../store/event.ts";

const MAX_KEPT = 1000;

export type FeedItem =
  | { readonly id: number; readonly kind: "event"; readonly event: RunEvent }
  | { readonly id: number; readonly kind: "view"; readonly view: LiveView }
  /** The last one: nothing follows. */
  | {
      readonly id: number;
      readonly kind: "end";
      readonly state: string;
      readonly exitCode: number;
    };

type Body =
  | Omit<Extract<FeedItem, { kind: "event" }>, "id">
  | Omit<Extract<FeedItem, { kind: "view" }>, "id">
  | Omit<Extract<FeedItem, { kind: "end" }>, "id">;

export class RunFeed {
  readonly #items: FeedItem[] = [];
  readonly #listeners = new Set<(item: FeedItem) => void>();
  #next = 1;

  /** The newest view; null before the first. */
  get view(): LiveView | null {
    const found = this.#items.findLast((item) => item.kind === "view");
    return found?.kind === "view" ? found.view : null;
  }

  push(body: Body): void {
    const item: FeedItem = { ...body, id: this.#next++ };
    this.#items.push(item);
    if (this.#items.length > MAX_KEPT) this.#items.shift();
    for (const listener of this.#listeners) listener(item);
  }

  /** Items after the id that are still kept. */
  after(id: number): readonly FeedItem[] {
    return this.#items.filter((item) => item.id > id);
  }

  /** @returns the function that ends the listening */
  listen(listener: (item: FeedItem) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
