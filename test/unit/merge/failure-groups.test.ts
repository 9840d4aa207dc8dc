/** Goal: counts stay exact and groups bounded, whatever a hostile target sends and in whatever order frames come. */
import { expect, test } from "vitest";
import {
  FailureGroups,
  MAX_GROUPS,
  MAX_SAMPLES,
} from "../../../coordinator/merge/failure-groups.ts";
import type { FailureGroup } from "../../../shared/wire/frame/frame.ts";
import { SyntheticEngine } from "./synthetic-run.ts";

const MANY = MAX_GROUPS + 500;

function group(signature: string, count: number, connection = 0): FailureGroup {
  const sample = { connection, attempt: 0, atUs: connection * 10, ageUs: 0, detail: signature };
  return { kind: "close-code", signature, phase: 0, target: 0, count, sample };
}

function fill(list: readonly FailureGroup[]): FailureGroups {
  const groups = new FailureGroups();
  const engine = new SyntheticEngine();
  for (const [second, one] of list.entries()) {
    groups.addFrame(engine.build({ second, failures: [one] }));
  }
  return groups;
}

const many = Array.from({ length: MANY }, (_, at) => group(`4000 reason ${at}`, 1 + (at % 7), at));
const total = many.reduce((sum, { count }) => sum + count, 0);

test("more signatures than fit: the sum is exact, the order irrelevant", () => {
  const forwards = fill(many);
  const backwards = fill([...many].reverse());
  // The second of a frame without a sample decides its time; here all have samples.
  expect(backwards.top(200)).toEqual(forwards.top(200));
  expect(forwards.top(200)).toHaveLength(201);
  expect(forwards.top(200).reduce((sum, { count }) => sum + count, 0)).toBe(total);
  expect(forwards.byKind.get("close-code")).toBe(total);
  expect(forwards.inPhase(0, "close-code")).toBe(total);
  expect(forwards.inPhase(1, "close-code")).toBe(0);
});

test("a group that is kept is exact, also when it was pushed out in no order", () => {
  const counts = new Map(many.map(({ signature, count }) => [signature, count * 2]));
  const groups = fill([...many, ...[...many].reverse()]);
  const kept = groups.top(MAX_GROUPS).filter(({ signature }) => signature !== "4000 other");
  expect(kept).toHaveLength(MAX_GROUPS);
  for (const { signature, count } of kept) expect(count).toBe(counts.get(signature));
});

test("workers' own rest joins the rest; samples are few and the earliest", () => {
  const groups = fill([
    group("other", 5),
    group("a", 1, 9),
    group("a", 1, 3),
    group("a", 1, 7),
    group("a", 1, 5),
  ]);
  const [rest, a] = groups.top(10);
  expect(rest).toMatchObject({ signature: "other", count: 5 });
  expect(a).toMatchObject({ count: 4, firstUs: 30, lastUs: 90 });
  expect(a?.samples.map(({ connection }) => connection)).toEqual([3, 5, 7]);
  expect(a?.samples).toHaveLength(MAX_SAMPLES);
  expect(groups.top(0)).toHaveLength(1);
});
