import { describe, expect, it } from "vitest";
import { FailureLog, harmless } from "../../../worker/record/failure-log.ts";

const sample = { connection: 1, attempt: 1, atUs: 5, ageUs: 0, detail: "" };

describe("FailureLog", () => {
  it("counts what looks alike together and keeps the first sample", () => {
    const log = new FailureLog();
    const failure = { kind: "close-code", signature: "4001 kicked", phase: 0, target: 0 } as const;
    log.add({ ...failure, sample });
    log.add({ ...failure, sample: { ...sample, connection: 9 } }, 4);
    expect(log.cut()).toEqual([{ ...failure, count: 5, sample }]);
    expect(log.cut()).toEqual([]);
  });

  it("bounds the groups and still counts exactly", () => {
    const log = new FailureLog();
    for (let at = 0; at < 5000; at++) {
      log.add({ kind: "close-code", signature: `reason ${at}`, phase: 0, target: 0, sample });
    }
    const groups = log.cut();
    expect(groups.length).toBeLessThanOrEqual(201);
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
    expect(groups.at(-1)?.signature).toBe("other");
  });

  it("makes hostile text harmless and short", () => {
    expect(harmless("\u001b[31mred\u202egnp\u0000", 120)).toBe("\\u{1b}[31mred\\u{202e}gnp\\u{0}");
    expect(harmless("x".repeat(1000), 120)).toHaveLength(120);
    expect(harmless("\u0001".repeat(120), 120).length).toBeLessThanOrEqual(120);
  });
});
