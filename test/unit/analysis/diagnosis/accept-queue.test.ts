/**
 * Goal: an accept queue that overflows is told from a service that is slow for everybody, and from one that takes nobody. Method: runs told
 * second by second, with TCP connections that take whole seconds.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import type { StrictOutside } from "../../../../shared/scenario/strict-outside.ts";
import { tell } from "../../merge/synthetic-run.ts";
import { causesOf, foldOf, healthySeconds, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };

/** A second burst of connections at second 10, whose TCP connections take so long. */
function burst(tcpUs: readonly number[], change: Told = {}): Told[] {
  const load = { seed: 3, seconds: 25, connections: 200, ramp: 4, rate: 2 };
  return healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.3 }).map(
    ({ failures: _, dropped: _1, lifetimeUs: _2, ...told }, second) => ({
      ...told,
      pingUs: Array(20).fill(900),
      ...(second < 4 && { tcpUs: Array(50).fill(400) }),
      ...(second >= 10 && second < 13 && { tcpUs, opened: 10, ...change }),
    }),
  );
}

const late = [1_004_000, 1_020_000, 1_150_000, 2_040_000, 2_060_000, 3_030_000, 500, 600];
const found = (seconds: readonly Told[]) => diagnose(new Signals(foldOf(seconds, PLAN)), DETECTORS);

describe("connections that take whole seconds", () => {
  test("are those of a queue, as far as open connections are fast", () => {
    const [one, ...others] = found(burst(late));
    expect(one).toMatchObject({ cause: "accept-queue", confidence: "likely", from: 10, to: 13 });
    expect(one?.sentence).toContain("18 of 24");
    expect(one?.against.join()).toContain("firewall");
    expect(others).toEqual([]);
  });

  test("are certain where the kernel counts overflows, and is the target's", () => {
    const kernel = { listenOverflows: 7 };
    expect(causesOf(foldOf(burst(late, { kernel }), PLAN))).toEqual(["accept-queue certain"]);
    const targets = [{ url: "ws://10.0.0.1:9/", weight: 1, label: "" }];
    expect(causesOf(foldOf(burst(late, { kernel }), { ...PLAN, targets }))).toEqual([
      "accept-queue likely",
    ]);
  });

  test("explain attempts that time out meanwhile", () => {
    const failures = [{ kind: "tcp-timeout" as const, count: 30 }];
    expect(causesOf(foldOf(burst(late, { failures, failed: 30 }), PLAN))).toEqual([
      "accept-queue likely",
    ]);
  });
});

describe("no queue", () => {
  test("while a fault outside of the load acts", () => {
    const kill = { name: "kill", phase: 1, offsetUs: 0, everyUs: 0, times: 1, limitUs: 1e6 };
    const act = { kind: "command", run: ["true"] } as unknown as StrictOutside["act"];
    const fold = foldOf(burst(late), { ...PLAN, outside: [{ ...kill, act }] });
    tell(fold, { type: "outside-began", position: 0, id: "kill", kind: "command", atUs: 6e6 });
    expect(causesOf(fold)).toEqual([]);
  });

  test.each<[string, readonly number[], Told]>([
    ["open connections wait as long", late, { pingUs: Array(20).fill(900_000) }],
    ["they take any time", [400_000, 520_000, 610_000, 740_000, 850_000, 1_020_000], {}],
    ["nobody gets in", late, { opened: 0 }],
    ["a few of many", [...late, ...Array(200).fill(500)], {}],
  ])("%s", (_, tcpUs, change) => {
    expect(causesOf(foldOf(burst(tcpUs, change), PLAN))).not.toContainEqual(
      expect.stringContaining("accept-queue"),
    );
  });
});
