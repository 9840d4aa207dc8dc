/** Goal: the list of a run's faults says how many connections each has hit, and nothing of one that hits none. */
import { expect, it } from "vitest";
import { faultsText } from "../../../coordinator/cli/terminal/faults-text.ts";

it("faults of workers have no number of connections", () => {
  const window = { from: 5, to: 5, state: "over", victims: null };
  const text = faultsText([
    { id: "cut", kind: "disconnect", windows: [{ ...window, id: "cut", victims: 4, hit: 0 }] },
    { id: "gone", kind: "kill-worker", windows: [{ ...window, id: "gone", hit: null }] },
  ]);
  const [, cut, gone] = text.split("\n").map((line) => line.trim());
  expect(cut).toMatch(/over\s+4\s+0$/);
  expect(gone).toMatch(/over$/);
});
