/** Goal: per second the worst of all who reported, in any order, and nothing where nobody did. */
import { expect, it } from "vitest";
import { Evidence } from "../../../coordinator/merge/evidence/evidence.ts";
import { WorstSeries } from "../../../coordinator/merge/evidence/worst-series.ts";
import { KERNEL_FIELDS } from "../../../shared/wire/frame/kernel.ts";
import { SyntheticEngine } from "./synthetic-run.ts";

it("is the highest in each second, whatever came first", () => {
  const reports: [number, number, (number | undefined)[]][] = [
    [0, 1, [5, undefined]],
    [0, 1, [3, 0]],
    [99, 2, [1, 1]],
    [-1, 1, [100, 100]],
    [100, 1, [0, 8]],
  ];
  for (const order of [reports, reports.toReversed()]) {
    const series = new WorstSeries(["a", "b"]);
    for (const [second, spanSeconds, values] of order) series.add({ second, spanSeconds }, values);
    expect([0, 1, 99, 100, 5000].map((second) => series.at(second, "a"))).toEqual([
      5,
      null,
      1,
      1,
      null,
    ]);
    expect([0, 1, 99, 100].map((second) => series.at(second, "b"))).toEqual([0, null, 1, 8]);
  }
});

it("takes from frames what they tell of the generator and its machine", () => {
  const evidence = new Evidence({
    seconds: 60,
    planned: 60,
    phases: 1,
    openAt: () => 0,
    picks: [],
  });
  const engine = new SyntheticEngine();
  const kernel = KERNEL_FIELDS.map((field) => (field === "socketsInUse" ? 40 : 8));
  const health = { utilisation: 0.9, gcCount: 4 };
  evidence.addFrame(1, 0, { ...engine.build({ second: 2, spanSeconds: 4, health }), kernel });
  evidence.addFrame(1, 1, engine.build({ second: 6, final: true, health: { utilisation: 1 } }));
  expect(evidence.health.at(5, "utilisation")).toBe(0.9);
  expect(evidence.health.at(6, "utilisation")).toBeNull();
  expect(evidence.kernel.at(3, "segmentsRetransmitted")).toBe(2);
  expect(evidence.kernel.at(3, "socketsInUse")).toBe(40);
});
