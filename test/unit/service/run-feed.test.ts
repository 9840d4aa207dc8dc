import { describe, expect, it } from "vitest";
import type { LiveView } from "../../../coordinator/live/view.ts";
import { type FeedItem, RunFeed } from "../../../coordinator/service/run-feed.ts";

/** What a reader of a run's feed gets, at first and when it comes back. */

function note(message: string) {
  const event = { type: "note", message, wallMs: 0, elapsedUs: null } as const;
  return { kind: "event", event } as const;
}

function view(elapsedUs: number) {
  return { kind: "view", view: { elapsedUs } as LiveView } as const;
}

function numbers(items: readonly FeedItem[]): number[] {
  return items.map(({ number }) => number);
}

describe("the feed of a run", () => {
  it("goes on after the id that was read last, and from its start for any other", () => {
    const feed = new RunFeed("ab12");
    for (const text of ["a", "b", "c"]) feed.push(note(text));
    const [first] = feed.after("");
    if (first === undefined) throw new Error("nothing is kept");
    expect(feed.idOf(first)).toBe("ab12-1");
    expect(numbers(feed.after("ab12-2"))).toEqual([3]);
    expect(numbers(feed.after("ab12-3"))).toEqual([]);
    for (const other of ["", "2", "cd34-2", "ab12-", "ab12-x", "-1", "ab12-2-3"]) {
      expect(numbers(feed.after(other)), other).toEqual([1, 2, 3]);
    }
  });

  it("keeps the newest thousand, numbered as they came", () => {
    const feed = new RunFeed("ab12");
    for (let count = 0; count < 1500; count++) feed.push(note(String(count)));
    const kept = numbers(feed.after(""));
    expect(kept.length).toBe(1000);
    expect(kept.at(0)).toBe(501);
    expect(kept.at(-1)).toBe(1500);
  });

  it("tells listeners what comes until they have had enough", () => {
    const feed = new RunFeed("ab12");
    const heard: number[] = [];
    const unlisten = feed.listen(({ number }) => heard.push(number));
    feed.push(note("a"));
    feed.push(note("b"));
    unlisten();
    feed.push(note("c"));
    expect(heard).toEqual([1, 2]);
  });

  it("keeps all events and the last view of a run that is over", () => {
    const feed = new RunFeed("ab12");
    expect(feed.view).toBeNull();
    feed.push(note("a"));
    feed.push(view(1));
    feed.push(note("b"));
    feed.push(view(2));
    feed.push({ kind: "end", state: "done", exitCode: 0 });
    feed.settle();
    expect(numbers(feed.after(""))).toEqual([1, 3, 4, 5]);
    expect(feed.view?.elapsedUs).toBe(2);
  });
});
