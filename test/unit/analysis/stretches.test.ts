/** Goal: seconds become stretches and stretches seconds again, margins included. Method: by example. */
import { expect, test } from "vitest";
import { secondsIn, stretchesOf } from "../../../coordinator/analysis/stretches.ts";

test("neighbouring seconds are one stretch, without its end", () => {
  expect(stretchesOf([])).toEqual([]);
  expect(stretchesOf([3, 4, 5, 7, 9, 10])).toEqual([
    [3, 6],
    [7, 8],
    [9, 11],
  ]);
});

test("stretches have their seconds, and those around them", () => {
  const stretches = [
    { from: 4, to: 6 },
    { from: 9, to: 10 },
  ];
  expect([...secondsIn(stretches)]).toEqual([4, 5, 9]);
  expect([...secondsIn(stretches, 2)]).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect([...secondsIn([{ from: 1.5, to: 3.5 }])]).toEqual([2, 3]);
  expect(secondsIn([]).size).toBe(0);
});
