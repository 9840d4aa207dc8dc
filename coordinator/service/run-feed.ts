/**
 * What can be heard of a run while it goes on: its events and, once a second, its view. Kept by run-entry.ts, read by
 * whoever watches. Invariant: numbered without a gap, under the feed's own name, so that numbers of another feed (the one
 * of a coordinator before this one) are never taken for its own; the newest MAX_KEPT are kept, so that who was cut off for
 * a while misses nothing.
 */
import type { LiveView } from "../live/view.ts";
import type { RunEvent } from "../store/event.ts";

const MAX_KEPT = 1000;

export type FeedItem =
  | { readonly number: number; readonly kind: "event"; readonly event: RunEvent }
  | { readonly number: number; readonly kind: "view"; readonly view: LiveView }
  /** The last one: nothing follows. */
  | {
      readonly number: number;
      readonly kind: "end";
      readonly state: string;
      readonly exitCode: number;
    };

type Body =
  | Omit<Extract<FeedItem, { kind: "event" }>, "number">
  | Omit<Extract<FeedItem, { kind: "view" }>, "number">
  | Omit<Extract<FeedItem, { kind: "end" }>, "number">;

export class RunFeed {
  readonly #name: string;
  readonly #listeners = new Set<(item: FeedItem) => void>();
  #items: FeedItem[] = [];
  #next = 1;

  /** @param name letters and digits; different for every feed there ever was of the run */
  constructor(name: string) {
    this.#name = name;
  }

  /** The newest view; null before the first. */
  get view(): LiveView | null {
    const found = this.#items.findLast((item) => item.kind === "view");
    return found?.kind === "view" ? found.view : null;
  }

  push(body: Body): void {
    const item: FeedItem = { ...body, number: this.#next++ };
    this.#items.push(item);
    if (this.#items.length > MAX_KEPT) this.#items.shift();
    for (const listener of this.#listeners) listener(item);
  }

  /** What a reader is told so that it can go on after the item. */
  idOf({ number }: FeedItem): string {
    return `${this.#name}-${number}`;
  }

  /** Items after the one of that id which are still kept; all that are when the id is none of this feed. */
  after(id: string): readonly FeedItem[] {
    const [, name, digits] = /^([a-z0-9]+)-(\d{1,15})$/.exec(id) ?? [];
    const number = name === this.#name ? Number(digits) : 0;
    return this.#items.filter((item) => item.number > number);
  }

  /** The run is over: of its views the last one is enough. */
  settle(): void {
    const { view } = this;
    this.#items = this.#items.filter((item) => item.kind !== "view" || item.view === view);
  }

  /** @returns the function that ends the listening */
  listen(listener: (item: FeedItem) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
