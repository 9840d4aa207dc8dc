/**
 * Goal: where there is nothing to find each test of the analysis alarms as seldom as it promises, also while neighbouring seconds depend on
 * each other by 0.5 and 0.8, and docs/methods.md has the figures. Method: the seeded simulations of `npm run false-alarms`.
 */
import { expect, test } from "vitest";
import { measure, percent, TOLERANCE, tableInDocument } from "../false-alarms/measure.ts";
import { NULL_CASES } from "../false-alarms/registry.ts";

/** Of the figures: another version of Node may round the last digit of a logarithm in another way. */
const POINTS = 1;

const rows = tableInDocument().split("\n").slice(2);
const shareIn = (cell: string) => Number(cell.replace("%", ""));

test("the document has every test", () => {
  expect(rows).toHaveLength(NULL_CASES.length);
});

test.each(NULL_CASES.map((of, at) => [`${of.test}: ${of.about}`, of, at] as const))(
  "%s",
  (_, of, at) => {
    const { alarms } = measure(of);
    for (const share of alarms) {
      expect(share, percent(share)).toBeLessThanOrEqual(of.nominal + TOLERANCE);
    }
    const cells = (rows[at] ?? "").split("|").map((cell) => cell.trim());
    expect(cells.slice(1, 3)).toEqual([of.test, of.about]);
    expect(shareIn(cells[4] ?? "")).toBe(100 * of.nominal);
    for (const [index, share] of alarms.entries()) {
      const shown = shareIn(cells[5 + index] ?? "");
      expect(Math.abs(shown - 100 * share)).toBeLessThanOrEqual(POINTS);
    }
  },
);
