import { describe, expect, it } from "vitest";
import { TargetText } from "../../../shared/scenario/target-text.ts";
import { FailureLog } from "../../../worker/record/failure-log.ts";

const sample = { connection: 1, attempt: 1, atUs: 5, ageUs: 0, detail: "" };

describe("FailureLog", () => {
  it("counts what looks alike together and keeps the first sample", () => {
    const log = new FailureLog(new TargetText());
    const failure = { kind: "close-code", signature: "4001 kicked", phase: 0, target: 0 } as const;
    expect(log.more(failure)).toBe(false);
    log.add(failure, sample);
    for (let again = 0; again < 4; again++) expect(log.more(failure)).toBe(true);
    expect(log.cut()).toEqual([{ ...failure, count: 5, sample }]);
    expect(log.cut()).toEqual([]);
  });

  it("bounds the groups and still counts exactly", () => {
    const log = new FailureLog(new TargetText());
    for (let at = 0; at < 5000; at++) {
      const failure = { signature: `reason ${at}`, phase: 0, target: 0 } as const;
      if (!log.more({ kind: "close-code", ...failure })) {
        log.add({ kind: "close-code", ...failure }, sample);
      }
    }
    const groups = log.cut();
    expect(groups.length).toBeLessThanOrEqual(201);
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
    expect(groups.at(-1)?.signature).toBe("other");
  });

  it("masks a secret the target repeats, in signature and detail, also where it is cut off", () => {
    const log = new FailureLog(new TargetText(["S3cr3t-Zebra_Umbrella"]));
    const detail = `{"token":"${Buffer.from("S3cr3t-Zebra_Umbrella").toString("base64")}"}`;
    const signature = `4401 ${"x".repeat(70)} S3cr3t%2DZebra_Umbrella and ${"y".repeat(80)}`;
    const where = { kind: "close-code", phase: 0, target: 0 } as const;
    log.add({ ...where, signature }, { ...sample, detail });
    log.add({ ...where, signature: "4401 S3cr3t-Zeb" }, sample);
    const [first, second] = log.cut();
    expect(first?.signature).toMatch(/^4401 x{70} \*\*\* and y+…$/);
    expect(first?.sample?.detail).toMatch(/^\{"token":"\*\*\*=*"\}$/);
    expect(second?.signature).toBe("4401 ***");
  });
});

describe("TargetText", () => {
  const text = new TargetText();
  const clean = (said: string) => text.clean(said, 120);

  it("makes hostile text harmless and short", () => {
    expect(clean("\u001b[31mred\u202egnp\u0000")).toBe("\\u{1b}[31mred\\u{202e}gnp\\u{0}");
    expect(clean("x".repeat(1000))).toHaveLength(120);
    expect(clean("\u0001".repeat(120)).length).toBeLessThanOrEqual(120);
  });

  it("says the same of the same text again, whatever came between", () => {
    const first = clean("a\u0007b");
    for (let at = 0; at < 1000; at++) clean(`text ${at}`);
    expect(clean("a\u0007b")).toBe(first);
  });
});
