import { describe, expect, it } from "vitest";
import { TargetText } from "../../../shared/scenario/mask/target-text.ts";
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

  it("counts statuses and close codes exactly, whatever texts come with them", () => {
    const log = new FailureLog(new TargetText());
    const add = (kind: "upgrade-status" | "close-code", signature: string) => {
      const failure = { kind, signature, phase: 0, target: 0 };
      if (!log.more(failure)) log.add(failure, sample);
    };
    for (let at = 0; at < 3000; at++) add("upgrade-status", `429 request ${at} refused`);
    for (let at = 0; at < 2000; at++) add("upgrade-status", `503 pod ${at}`);
    for (let at = 0; at < 1000; at++) add("close-code", `1013 later ${at}`);
    for (let code = 3000; code < 5000; code++) add("close-code", `${code} why`);
    add("close-code", "no code at all");
    const groups = log.cut();
    const of = (start: string) =>
      groups
        .filter(({ signature }) => signature.startsWith(start))
        .reduce((n, g) => n + g.count, 0);
    expect([of("429 "), of("503 "), of("1013 ")]).toEqual([3000, 2000, 1000]);
    expect(groups.length).toBeLessThanOrEqual(402);
    const codes = log.codes.cut();
    const counted = Object.fromEntries(
      codes.map(({ kind, code, count }) => [`${kind} ${code}`, count]),
    );
    expect(codes).toHaveLength(2003);
    expect(counted).toMatchObject({
      "upgrade-status 429": 3000,
      "upgrade-status 503": 2000,
      "close-code 1013": 1000,
      "close-code 4999": 1,
    });
    expect(log.codes.cut()).toEqual([]);
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
