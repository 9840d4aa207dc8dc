import { describe, expect, it } from "vitest";
import { Backlog } from "../../../worker/message/backlog.ts";

const discarded = (backlog: Backlog, unsent: number): number[] => {
  const names: number[] = [];
  backlog.discard(unsent, (_, name) => names.push(name));
  return names;
};

function filled(count: number, bytes: number, waiting: (at: number) => number): Backlog {
  const backlog = new Backlog();
  for (let at = 0; at < count; at++) backlog.add({ bytes, phase: 0, name: at }, waiting(at));
  return backlog;
}

describe("Backlog", () => {
  it("tells the messages of which bytes were left, the last first", () => {
    const make = () => filled(5, 100, (at) => (at + 1) * 100);
    expect(discarded(make(), 0)).toEqual([]);
    expect(discarded(make(), 100)).toEqual([4]);
    expect(discarded(make(), 150)).toEqual([4, 3]);
    expect(discarded(make(), 500)).toEqual([4, 3, 2, 1, 0]);
  });

  it("does not take our Close frame for a message", () => {
    expect(
      discarded(
        filled(5, 100, (at) => (at + 1) * 100),
        208,
      ),
    ).toEqual([4, 3]);
  });

  it("keeps nothing when nothing waits, as with a driver that compresses later", () => {
    expect(
      discarded(
        filled(3000, 100, () => 0),
        1_000_000,
      ),
    ).toEqual([]);
  });

  it("forgets what has left, however long it goes on", () => {
    const backlog = filled(100_000, 100, () => 250);
    expect(discarded(backlog, 1_000_000)).toEqual([99_999, 99_998, 99_997]);
  });
});
