/** Goal: exact counts whatever the order of frames, and few texts however many a target thinks up. */
import { describe, expect, it } from "vitest";
import { AgreedCounts } from "../../../coordinator/merge/agreed.ts";
import { FailureGroups } from "../../../coordinator/merge/failure-groups.ts";
import type { FailureGroup } from "../../../shared/wire/frame/frame.ts";
import { frameOf } from "../wire/frames.ts";

const agreedIn = (protocols: readonly string[]) =>
  frameOf(1, {
    agreed: protocols.map((protocol) => ({ protocol, extensions: "", count: 2 })),
    codes: [{ kind: "upgrade-status", code: 429, count: 3 }],
  });

describe("AgreedCounts", () => {
  const frames = Array.from({ length: 20 }, (_, frame) =>
    agreedIn(["chat", ...Array.from({ length: 10 }, (_, at) => `token.${frame}.${at}`)]),
  );

  it("does not depend on the order of frames, and keeps few texts", () => {
    const there = new AgreedCounts();
    const back = new AgreedCounts();
    for (const frame of frames) there.addFrame(frame);
    for (const frame of [...frames].reverse()) back.addFrame(frame);
    expect(there.agreed).toEqual(back.agreed);
    expect(there.agreed).toHaveLength(51);
    expect(there.agreed.find(({ protocol }) => protocol === "chat")?.count).toBe(40);
    expect(there.agreed.reduce((sum, { count }) => sum + count, 0)).toBe(20 * 11 * 2);
    expect(there.codes("upgrade-status")).toEqual(new Map([[429, 60]]));
    expect(there.codes("close-code")).toEqual(new Map());
  });
});

describe("FailureGroups", () => {
  const failure = (signature: string): FailureGroup => ({
    ...{ kind: "upgrade-status", signature, phase: 0, target: 0, count: 1, sample: null },
  });
  const signatures = Array.from({ length: 3000 }, (_, at) => [
    `429 request ${at}`,
    `503 pod ${at}`,
    "429 other",
  ]).flat();

  it("keeps the code of a failure in front, also where there is no room for its text", () => {
    const sums = [signatures, [...signatures].reverse()].map((order) => {
      const groups = new FailureGroups();
      for (const signature of order) {
        groups.addFrame(frameOf(1, { failures: [failure(signature)] }));
      }
      return groups.top(200).map(({ signature, count }) => ({ signature, count }));
    });
    const [there = [], back = []] = sums;
    expect(there).toEqual(back);
    expect(there.length).toBeLessThanOrEqual(202);
    const of = (start: string) =>
      there.filter(({ signature }) => signature.startsWith(start)).reduce((n, g) => n + g.count, 0);
    expect([of("429 "), of("503 ")]).toEqual([6000, 3000]);
  });
});
