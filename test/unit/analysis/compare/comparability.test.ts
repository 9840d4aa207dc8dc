/**
 * Goal: runs of different load, target or surroundings, and runs that cannot be trusted, are not compared; names, thresholds
 * and secrets make no difference. Method: synthetic runs whose plans differ in one thing.
 */
import { describe, expect, test } from "vitest";
import {
  differencesBetween,
  identityOf,
  identityOfPlan,
  planDifferences,
} from "../../../../coordinator/analysis/compare/comparability.ts";
import { readFacts } from "../../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import type { StrictScenario } from "../../../../shared/scenario/strict.ts";
import {
  begun,
  ended,
  facts,
  joined,
  scenario,
  tell,
  threshold,
} from "../../merge/synthetic-run.ts";

const machine = { cpuModel: "EPYC", cpus: 2, node: "v20", version: "0.1.0" };

function run(change: Partial<StrictScenario> = {}, ran: Partial<typeof machine> = {}) {
  const fold = new RunFold(facts(change));
  begun(fold, 1);
  tell(fold, { ...joined(1), machine: { ...machine, ...ran } } as never);
  ended(fold, { 1: -1 });
  return identityOf(fold);
}

/** The runs are empty, so that they cannot be trusted; that is looked at by itself. */
const between = (a: ReturnType<typeof run>, b: ReturnType<typeof run>) =>
  differencesBetween([a], [b]).filter(({ kind }) => kind !== "validity");

describe("differences", () => {
  test("none between runs of the same scenario", () => {
    expect(between(run(), run())).toEqual([]);
  });

  test("name, thresholds, outputs and the values of secrets make none", () => {
    const [secretA, secretB] = ["secret-one", "secret-two"].map((value) =>
      run({
        name: value,
        thresholds: [threshold({ limit: value.length })],
        secrets: [value],
        vars: { token: value },
      }),
    );
    expect(between(secretA!, secretB!)).toEqual([]);
  });

  test("a different load is named by its path", () => {
    const more = scenario().messages!;
    const found = between(
      run(),
      run({ messages: { ...more, rate: { kind: "total", perSec: 9 } } }),
    );
    expect(found).toEqual([
      { kind: "scenario", what: "messages.rate.kind", a: '"perConnection"', b: '"total"' },
      { kind: "scenario", what: "messages.rate.perSec", a: "1", b: "9" },
    ]);
  });

  test("another target is a difference of its own, and hides no other", () => {
    const targets = [{ url: "ws://127.0.0.1:10/", weight: 1, label: "" }];
    expect(between(run(), run({ targets }))).toMatchObject([
      { kind: "target", what: "targets.0.url" },
    ]);
    expect(
      between(run(), run({ targets, vars: { room: "other" } })).map(({ kind }) => kind),
    ).toEqual(["target", "plan"]);
  });

  test("what run directories do not hold is told by the hash of the load", () => {
    const found = between(run(), run({ vars: { room: "other" } }));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ kind: "plan", what: expect.stringContaining("payloads") });
  });

  test("another machine, another version", () => {
    const found = between(run(), run({}, { cpus: 8, version: "0.2.0" }));
    expect(found).toEqual([
      { kind: "environment", what: "processor", a: "EPYC (2)", b: "EPYC (8)" },
      { kind: "environment", what: "onrush of workers", a: "0.1.0", b: "0.2.0" },
    ]);
  });

  test("within one side, too", () => {
    const found = differencesBetween([run(), run({ seed: 2 })], [run()]);
    expect(found).toContainEqual({ kind: "scenario", what: "seed", a: "1 | 2", b: "1" });
  });

  test("a run that cannot be trusted", () => {
    const fold = new RunFold(facts());
    begun(fold, 1);
    const found = differencesBetween([identityOf(fold)], [run()]);
    expect(found).toContainEqual(
      expect.objectContaining({
        kind: "validity",
        what: "run r1",
        a: expect.stringContaining("incomplete"),
        b: "",
      }),
    );
  });

  test("of many, some are named and the rest is counted", () => {
    const targets = Array.from({ length: 30 }, (_, at) => ({
      url: `ws://h${at}/`,
      weight: 1,
      label: "",
    }));
    const found = between(run(), run({ targets }));
    expect(found.length).toBe(21);
    expect(found.at(-1)).toMatchObject({
      kind: "target",
      what: expect.stringMatching(/^\d+ more$/),
    });
  });
});

test("before a run has begun, its plan is held against those of the baseline", () => {
  const known = run();
  expect(planDifferences([known], [identityOfPlan(facts())])).toEqual([]);
  expect(planDifferences([known], [identityOfPlan(facts({ seed: 5 }))])).toMatchObject([
    { what: "seed" },
  ]);
});

test("a journal without a hash of the load is held to the whole plan", () => {
  const { loadHash: _, ...older } = facts();
  expect(readFacts(older).loadHash).toBe(older.planHash);
});
