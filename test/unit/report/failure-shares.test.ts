/**
 * Goal: each kind of failure is held against what it could have happened to, where that is counted, and by parts it is counted by.
 * Method: runs told second by second, two targets or phases each, of which one fails more.
 */
import { expect, test } from "vitest";
import {
  type FailureShare,
  failureShares,
} from "../../../coordinator/report/model/failure-shares.ts";
import { buildReportModel } from "../../../coordinator/report/model/model.ts";
import { failureMatrix } from "../../../coordinator/report/outline/sections/failure-matrix.ts";
import type { StrictFault } from "../../../shared/scenario/strict-fault.ts";
import { foldOf, type Told } from "../analysis/diagnosis/story.ts";
import { scenario } from "../merge/synthetic-run.ts";

const RAMP = 2;
const SECONDS = 42;
const PLAN = {
  ...{ connections: 1000, ramp: RAMP },
  targets: ["a", "b"].map((label) => ({ url: `ws://127.0.0.1:9/${label}`, weight: 1, label })),
};
const FAULT: StrictFault = {
  ...{ name: "cut", phase: 1, offsetUs: 10e6, forUs: 0, everyUs: 0, times: 1, endedUs: null },
  victims: { share: 0.5, count: null, role: null, target: null, worker: null },
  recovered: null,
  act: { kind: "disconnect", how: "reset", code: 1000 },
};

/** Each target gets 500 connections in the ramp. */
function foldWith(hold: (second: number) => Told, change: Parameters<typeof foldOf>[1] = PLAN) {
  const opening: Told = {
    ...{ open: 1000, opened: 500 },
    targets: [0, 1].map(() => ({ attempted: 250, established: 250 })),
  };
  const seconds = Array.from({ length: SECONDS }, (_, second) =>
    second < RAMP ? opening : { open: 1000, ...hold(second) },
  );
  return foldOf(seconds, change);
}

function about(shares: readonly FailureShare[], by: string, what?: string) {
  return shares.filter((one) => one.by === by && (what === undefined || one.what === what));
}

const drops = (): Told => ({
  dropped: 9,
  targets: [{ dropped: 8 }, { dropped: 1 }],
  failures: [8, 1].map((count, target) => ({
    ...{ kind: "abnormal-close" as const, signature: "ECONNRESET" },
    ...{ count, target },
  })),
});

test("connections that are dropped long after the ramp are held against those that opened in it", () => {
  const shares = failureShares(foldWith(drops));
  expect(about(shares, "target")).toEqual([
    {
      ...{ by: "target", part: "a", what: "abnormal-close", failed: 320, exposed: 500 },
      ...{ ofFailures: 320 / 360, ofTraffic: 0.5, ratio: 8 },
    },
    expect.objectContaining({ part: "b", failed: 40, exposed: 500, ratio: 1 / 8 }),
  ]);
  expect(about(shares, "phase")).toEqual([]);
});

test("the section has them in a table, the worst of them first and with its risk ratio", () => {
  const model = buildReportModel(foldWith(drops), { scenarioText: null, notes: [] });
  const blocks = failureMatrix.build(model);
  expect(JSON.stringify(blocks[0])).toContain("8 times as often as the others");
  const [table, ...others] = blocks.filter((block) => block.kind === "table");
  expect(others).toEqual([]);
  expect(table?.columns.map(({ title }) => title)).toContain("risk ratio");
  expect(table?.rows).toHaveLength(2);
});

test("refused replies are held against messages, not connections", () => {
  const counts = (rejected: number) => ({ expected: 100, matched: 100 - rejected });
  const shares = failureShares(
    foldWith(() => ({
      targets: [60, 1].map(counts),
      names: [60, 1].map((rejected) => ({ ...counts(rejected), rejected })),
      ...{ expected: 200, matched: 139 },
      failures: [60, 1].map((count, target) => ({
        ...{ kind: "rejected" as const, signature: "429" },
        ...{ count, target },
      })),
    })),
  );
  expect(about(shares, "target", "rejected")[0]).toMatchObject({
    ...{ part: "a", failed: 2400, exposed: 4000, ratio: 60 },
  });
  expect(about(shares, "message")[0]).toMatchObject({ part: "say", failed: 2400, exposed: 4000 });
  // In the ramp nothing was asked for.
  expect(about(shares, "phase", "rejected")).toEqual([]);
});

test("kinds that no counter is for are left out, however many there are", () => {
  const kinds = ["application-error", "capture", "step-unexpected", "step-timeout"] as const;
  const fold = foldWith(() => ({
    failures: kinds.map((kind) => ({ kind, signature: "", count: 50, target: 1 })),
  }));
  expect(failureShares(fold)).toEqual([]);
});

test("attempts of roles are compared only where all that failed were the target's", () => {
  const { connect, messages, flow, listen, answers } = scenario();
  const roles = ["x", "y"].map((name) => ({
    ...{ name, share: 0.5, connect, messages, flow, listen, answers },
  }));
  const counts = (failed: number) => ({ attempted: 100, failed, established: 100 - failed });
  const kindsOf = (kind: "tcp-refused" | "generator-ports") =>
    about(
      failureShares(
        foldWith(
          () => ({
            roles: [{ ...counts(20), dropped: 2 }, counts(0)],
            failures: [{ kind, signature: "", count: 20 }],
          }),
          { ...PLAN, roles },
        ),
      ),
      "role",
    ).map(({ part, what, failed }) => `${part}: ${failed} ${what}`);
  expect(kindsOf("tcp-refused")).toEqual([
    "x: 800 attempts to connect",
    "x: 80 connections dropped",
  ]);
  expect(kindsOf("generator-ports")).toEqual(["x: 80 connections dropped"]);
});

test("an injected disconnect is no failure of a part, and no burst of others", () => {
  const steady = () => ({
    dropped: 2,
    targets: [{ dropped: 2 }, {}],
    failures: [{ kind: "abnormal-close" as const, signature: "", count: 2, target: 0 }],
  });
  const cut: Told = {
    ...steady(),
    failures: [
      ...steady().failures,
      { kind: "injected", signature: "cut", count: 400, target: 1, phase: 3 },
      { kind: "abnormal-close", signature: "", count: 400, target: 1, phase: 3 },
    ],
  };
  const fold = foldWith((second) => (second === 12 ? cut : steady()), {
    ...PLAN,
    faults: [FAULT],
  });
  const [worst, ...others] = about(failureShares(fold), "target");
  expect(worst).toMatchObject({ part: "a", what: "abnormal-close", failed: 80, exposed: 500 });
  expect(worst?.ratio).toBeGreaterThan(10);
  expect(others).toEqual([]);
});
