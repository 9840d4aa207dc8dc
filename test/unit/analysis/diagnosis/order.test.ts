/**
 * Goal: replies that overtake one another because they take longer are no disorder; those that change places are, and so are numbered
 * messages. Method: runs told second by second, in which replies were overtaken in one way or the other.
 */
import { expect, test } from "vitest";
import { NO_AUDIT } from "../../../../shared/scenario/defaults.ts";
import {
  codeOfGap,
  codeOfReceived,
  codeOfSent,
} from "../../../../shared/wire/frame/recent-event.ts";
import { causesOf, foldOf, healthySeconds, momentAt, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };

/** The first of two messages, so far apart, was answered so long behind the second. */
function overtaken(apartMs: number, behindMs: number): Uint8Array {
  const events = [
    [codeOfSent(0, 64), 100],
    [codeOfSent(1, 64), apartMs],
    [codeOfReceived(64), 2],
    [codeOfReceived(64), behindMs],
  ] as const;
  return Uint8Array.from(events.flatMap(([code, gapMs]) => [code, codeOfGap(gapMs)]));
}

/** One in a hundred of the replies. @param behindMs in the second, of the one at this place */
function disordered(apartMs: number, behindMs: (second: number, at: number) => number): Told[] {
  const load = { seed: 3, seconds: 25, connections: 200, ramp: 4, rate: 2, medianUs: 3000 };
  return healthySeconds({ ...load, correlation: 0.5, spread: 0.3 }).map((told, second) => ({
    ...told,
    failures: [{ kind: "reordered" as const, count: 4 }],
    events: [0, 1, 2, 3].map((at) => ({
      ...{ weight: 1, kind: "reordered" as const, signature: "" },
      ...momentAt(second, { recent: overtaken(apartMs, behindMs(second, at)) }),
    })),
  }));
}

test("replies that take longer come at any time behind the others", () => {
  const seconds = disordered(40, (second, at) => (7 * second + 11 * at) % 50);
  expect(causesOf(foldOf(seconds, PLAN))).toEqual([]);
});

test("replies that change places come with the others", () => {
  expect(
    causesOf(
      foldOf(
        disordered(400, () => 0),
        PLAN,
      ),
    ),
  ).toEqual(["reordering possible"]);
});

test("messages sent at once may be answered at once, in any order", () => {
  expect(
    causesOf(
      foldOf(
        disordered(0, () => 0),
        PLAN,
      ),
    ),
  ).toEqual([]);
});

test("numbered messages have an order, however they come", () => {
  const order = { sender: "m.from", number: "m.seq", scope: null };
  const numbered = { ...PLAN, integrity: { ...NO_AUDIT, order } };
  const seconds = disordered(40, (second, at) => (7 * second + 11 * at) % 50);
  expect(causesOf(foldOf(seconds, numbered))).toEqual(["reordering certain"]);
});

test("of a journal without samples it is not known", () => {
  const seconds = disordered(40, () => 30).map((told) => ({ ...told, events: [] }));
  expect(causesOf(foldOf(seconds, PLAN))).toEqual(["reordering possible"]);
});
