/** Goal: a mark says whose it is to every worker of its run, and nobody else can make or read one. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { MARK_CHARS, UserMarks } from "../../../shared/scenario/template/user-marks.ts";

const index = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test("every worker of a run makes the same mark and reads its owner from it", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), index, fc.string(), (run, user, behind) => {
      const mark = new UserMarks(run).of(user);
      expect(mark).toMatch(/^[A-Z2-7]{26}$/);
      expect(new UserMarks(run).ownerOf(`${mark}${behind}`)).toBe(user);
      expect(new UserMarks(`${run}2`).ownerOf(mark)).toBe(-1);
    }),
    { numRuns: 50 },
  );
});

test("a mark in which one character is another is nobody's", () => {
  const marks = new UserMarks("run-1");
  const mark = marks.of(7);
  for (let at = 0; at < MARK_CHARS; at++) {
    const other = mark[at] === "A" ? "B" : "A";
    expect(marks.ownerOf(mark.slice(0, at) + other + mark.slice(at + 1))).toBe(-1);
  }
  expect(marks.ownerOf(mark.slice(0, -1))).toBe(-1);
});
