/**
 * Goal: what becomes of each number of a stream is what a reference that remembers everything says. Method: examples of each
 * kind of trouble, and generated ones against the reference.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GRACE_US, Heard, NumberOrder } from "../../../worker/integrity/number-order.ts";

interface Outcome {
  lost: number[];
  away: number[];
  heard: string[];
  decided: string[];
}

const NAMES = Object.fromEntries(Object.entries(Heard).map(([name, value]) => [value, name]));

/** Numbers in the order they come, "cut" for a reconnect, "wait" for longer than the grace time. */
function hear(events: readonly (number | "cut" | "wait")[], mostGaps?: number): Outcome {
  const outcome: Outcome = { lost: [], away: [], heard: [], decided: [] };
  const order: NumberOrder = new NumberOrder(
    (gap) => {
      const { gaps } = order;
      for (let at = gaps.fromOf(gap); at <= gaps.toOf(gap); at++) {
        (gaps.isAway(gap) ? outcome.away : outcome.lost).push(at);
      }
    },
    (_row, number, heard) => outcome.decided.push(`${number} ${NAMES[heard]}`),
    mostGaps,
  );
  let nowUs = 0;
  let incarnation = 1;
  let isKnown = false;
  for (const event of events) {
    if (event === "cut") {
      order.end(0, true);
      incarnation++;
    } else if (event === "wait") {
      nowUs += GRACE_US;
      order.gaps.expire(nowUs);
    } else {
      const moment = { nowUs, phase: 0, incarnation };
      if (isKnown) outcome.heard.push(`${NAMES[order.hear(0, event, moment)]}`);
      else order.begin(0, event, moment, 1);
      isKnown = true;
    }
  }
  order.end(0, true);
  outcome.lost.sort((a, b) => a - b);
  outcome.away.sort((a, b) => a - b);
  return outcome;
}

describe("a stream of numbers", () => {
  test("in order is nothing but next, wherever it begins", () => {
    expect(hear([7, 8, 9])).toEqual({ lost: [], away: [], heard: ["next", "next"], decided: [] });
  });

  test("what is passed over and comes in time is out of order, else lost, and late when it comes yet", () => {
    expect(hear([1, 4, 2, 5]).heard).toEqual(["ahead", "reordered", "next"]);
    expect(hear([1, 4, 2, 5]).lost).toEqual([3]);
    expect(hear([1, 4, "wait", 5, 3, 3])).toMatchObject({
      lost: [2, 3],
      heard: ["ahead", "next", "reordered", "duplicated"],
    });
  });

  test("what comes again is repeated; over a reconnect it is a replay, and a jump was missed", () => {
    expect(hear([3, 4, 4, 3, 5]).heard).toEqual(["next", "duplicated", "duplicated", "next"]);
    const resumed = hear([3, 4, 5, "cut", 4, 5, 6, 6]);
    expect(resumed.heard).toEqual(["next", "next", "replayed", "replayed", "next", "duplicated"]);
    expect(hear([3, 4, "cut", 8, 9])).toMatchObject({ lost: [], away: [5, 6, 7] });
  });

  test("before the first that was heard nothing is lost, and what comes from there is out of order", () => {
    expect(hear([10, 8, 9, 8, 11])).toMatchObject({
      lost: [],
      heard: ["reordered", "reordered", "duplicated", "next"],
    });
  });

  test("a new numbering is told by what follows, and costs nothing", () => {
    expect(hear([1, 2, 3, 4, 1, 2, 3])).toEqual({
      lost: [],
      away: [],
      heard: ["next", "next", "next", "open", "next", "next"],
      decided: ["1 restarted"],
    });
    expect(hear([1, 2, 3, 4, 1, 5])).toMatchObject({ decided: ["1 duplicated"], lost: [] });
    expect(hear([1_000_000, 1_000_001, 0, 1])).toMatchObject({
      heard: ["next", "restarted", "next"],
      lost: [],
    });
    expect(hear([0, 1, 2, 3, 0])).toMatchObject({ decided: ["0 restarted"], lost: [] });
  });

  test("more gaps than there is room for are lost at once, and none is lost twice", () => {
    const odd = Array.from({ length: 200 }, (_, at) => 2 * at + 1);
    const even = Array.from({ length: 199 }, (_, at) => 2 * at + 2);
    expect(hear(odd, 256).lost).toEqual(even);
    expect(hear([...odd, "wait"], 256).lost).toEqual(even);
  });
});

/** Remembers every number. */
function reference(numbers: readonly number[]): { lost: number[]; heard: string[] } {
  const seen = new Set<number>([numbers[0] as number]);
  const heard = numbers.slice(1).map((number) => {
    const highest = Math.max(...seen);
    const wasSeen = seen.has(number);
    seen.add(number);
    if (number === highest + 1) return "next";
    if (number > highest) return "ahead";
    return wasSeen ? "duplicated" : "reordered";
  });
  const [first] = numbers as [number];
  const lost: number[] = [];
  for (let at = first; at < Math.max(...seen); at++) if (!seen.has(at)) lost.push(at);
  return { lost, heard };
}

test("any numbers above those that numberings begin with, in any order, are judged as the reference judges them", () => {
  const numbers = fc.array(fc.integer({ min: 2, max: 60 }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(numbers, (given) => {
      const { lost, heard } = hear(given);
      expect({ lost, heard }).toEqual(reference(given));
    }),
  );
});
