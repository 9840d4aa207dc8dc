/**
 * Goal: what gave out is named only where levels tell it apart. Method: levels as each kind of limit makes them, and the stored search
 * against a target that refuses more than 60 connections.
 */
import { afterAll, expect, test } from "vitest";
import {
  bottleneckOf,
  type MeasuredLevel,
} from "../../../coordinator/analysis/search/bottleneck.ts";
import { rebuildRun } from "../../../coordinator/report/rebuild.ts";
import { storedDirectories } from "../../support/stored-journals.ts";

const directories = storedDirectories();
afterAll(() => directories[Symbol.dispose]());

/** One message a second for each open connection, of 100 bytes, and all come back. */
function level(planned: number, change: Partial<MeasuredLevel> = {}): MeasuredLevel {
  const { open = planned, receivedPerSec = open } = change;
  return {
    ...{ planned, verdict: "held", reason: "", open, sentPerSec: open },
    ...{ receivedPerSec, bytesPerSec: 100 * receivedPerSec },
    ...change,
  };
}

const broken = (planned: number, change: Partial<MeasuredLevel> = {}) =>
  level(planned, { verdict: "broken", reason: "latency p99 was 900 ms", ...change });

test("as many are open, however many are planned: connections", () => {
  const levels = [level(1000), broken(1500, { open: 1004 }), broken(2000, { open: 1000 })];
  const found = bottleneckOf(levels, false);
  expect(found?.resource).toBe("connections");
  expect(found?.evidence).toEqual([
    "About 1,000 connections were open at most, also where 1,500, 2,000 were planned.",
  ]);
});

test("all are open and no more comes back: messages", () => {
  const found = bottleneckOf([level(1000), broken(1500, { receivedPerSec: 1020 })], false);
  expect(found?.resource).toBe("messages");
  expect(found?.evidence[0]).toContain("(+50 %) what came back went from 1,000/s to 1,020/s");
});

test("the same near what a network carries: network", () => {
  const at = (receivedPerSec: number) => ({ receivedPerSec, bytesPerSec: 118e6 });
  const levels = [level(1000, at(9000)), broken(1500, at(9100))];
  expect(bottleneckOf(levels, false)?.resource).toBe("network");
});

test("three levels the generator failed at: generator", () => {
  const last = level(900, { verdict: "untrusted", reason: "the generator was not up to it" });
  const found = bottleneckOf([level(500), last], true);
  expect(found?.resource).toBe("generator");
  expect(found?.evidence[0]).toContain("at 900 connections: the generator was not up to it");
});

test.each([
  ["what comes back still grows", [level(1000), broken(1500)]],
  ["too near to what held", [level(1000), broken(1050, { receivedPerSec: 1000 })]],
  ["nothing held", [broken(1000, { receivedPerSec: 10 })]],
  ["connections are missing, and differently many", [level(1000), broken(1500, { open: 1400 })]],
])("%s: unknown, and which search would tell", (_, levels) => {
  const found = bottleneckOf(levels, false);
  expect(found?.resource).toBe("unknown");
  expect(found?.next).toContain("total");
});

test("nothing broke: nothing is said", () => {
  expect(bottleneckOf([level(1000), level(2000)], false)).toBeNull();
});

test("of a target that refuses more than 60: connections", async () => {
  const { summary } = await rebuildRun(directories.of("find-limit"));
  expect(summary.capacity?.bottleneck).toMatchObject({ resource: "connections" });
});
