/**
 * Goal: a coordinator tells of its runs by the names a run tells of itself by, so that one dashboard fits both; each name
 * once, however many runs there are.
 */
import { expect, test } from "vitest";
import { runFamilies, runMetrics } from "../../../coordinator/http/metrics/run-metrics.ts";
import { runMeasures } from "../../../coordinator/live/measures.ts";
import { exposition } from "../../../shared/exposition.ts";
import { goodRun } from "../merge/synthetic-run.ts";

const measures = (run: string) => {
  const fold = goodRun();
  fold.facts = { ...fold.facts, run };
  return runMeasures(fold, { state: "running", elapsedUs: 3_000_000 });
};

test("has the families of a run, each once, with the samples of all runs", () => {
  const [one, other] = [measures("one"), measures("other")];
  const own = runMetrics(one).filter(({ name }) => name !== "onrush_build_info");
  const both = runFamilies([one, other]);
  expect(both.map(({ name }) => name)).toEqual(own.map(({ name }) => name));
  expect(new Set(both.map(({ name }) => name)).size).toBe(both.length);
  for (const [at, { name, samples }] of both.entries()) {
    expect(samples, name).toHaveLength((own[at]?.samples.length ?? 0) * 2);
    const runs = new Set(samples.map(({ labels }) => labels["run"]));
    if (samples.length > 0) expect([...runs], name).toEqual(["one", "other"]);
  }
});

test("of no run there is nothing", () => {
  expect(exposition(runFamilies([]))).toBe("");
});
