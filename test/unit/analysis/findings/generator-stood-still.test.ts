/**
 * Goal: the evidence of a generator that stood still names its times, neighbouring seconds as one, and not one by one for hours. Method: runs
 * told second by second.
 */
import { expect, test } from "vitest";
import { JudgedRun } from "../../../../coordinator/analysis/check.ts";
import { generatorStoodStill } from "../../../../coordinator/analysis/findings/generator-stood-still.ts";
import { foldOf, type Told } from "../diagnosis/story.ts";

/** It stands still in these seconds. */
function evidenceOf(seconds: number, isStill: (second: number) => boolean) {
  const told = Array.from({ length: seconds }, (_, second): Told => {
    const loopLagMaxUs = isStill(second) ? 60_000 : 1000;
    const lateUs = isStill(second) ? 50_000 : 300;
    return { open: 10, health: { loopLagMaxUs }, sendLagUs: Array<number>(200).fill(lateUs) };
  });
  const answer = generatorStoodStill.judge(new JudgedRun(foldOf(told, { connections: 10 })));
  const [one] = [answer].flat();
  expect(one?.outcome).toBe("fail");
  return one?.evidence?.[0];
}

test("neighbouring seconds are one time", () => {
  const found = evidenceOf(30, (second) => [5, 6, 12, 20].includes(second));
  expect(found?.seconds).toEqual([
    [5, 7],
    [12, 13],
    [20, 21],
  ]);
  expect(found?.sentence).not.toContain("first");
});

test("of many times the first are named, and that they are the first", () => {
  const found = evidenceOf(300, (second) => second % 3 === 0);
  expect(found?.sentence).toMatch(/^In 100 of 300 seconds .* These are the first 50 times\.$/);
  expect(found?.seconds).toHaveLength(50);
  expect(found?.seconds.at(-1)).toEqual([147, 148]);
});
