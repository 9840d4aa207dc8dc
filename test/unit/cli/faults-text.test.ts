/** Goal: the list of a run's faults says how many connections or workers each has hit, and what came of those that hit no connection. */
import { expect, it } from "vitest";
import { faultsText } from "../../../coordinator/cli/terminal/faults-text.ts";

it("faults of workers have an outcome, and no number of connections", () => {
  const window = { from: 5, to: 5, state: "over", victims: null, workers: null, outcome: null };
  const gone = { ...window, id: "gone", hit: null, workers: 1, outcome: "killed w-\u001b[31m1" };
  const late = { ...gone, id: "late", state: "failed", outcome: "not done: no coordinator" };
  const text = faultsText([
    { id: "cut", kind: "disconnect", windows: [{ ...window, id: "cut", victims: 4, hit: 0 }] },
    { id: "gone", kind: "kill-worker", windows: [gone, late] },
  ]);
  const lines = text.split("\n").map((line) => line.trim());
  expect(lines[1]).toMatch(/over\s+4\s+0$/);
  expect(lines[2]).toMatch(/over\s+1\s+killed w-.*1$/);
  expect(text).not.toContain("\u001b[31m");
  expect(lines[3]).toMatch(/failed\s+1\s+not done: no coordinator$/);
});
