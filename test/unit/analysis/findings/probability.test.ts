/**
 * Goal: a stated probability keeps its laws: dropping evidence never raises it, a surer word never lowers it, and causes of the same failures
 * are not above 1 together. Method: generated findings against the weights in use.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withProbabilities } from "../../../../coordinator/analysis/findings/probability.ts";
import {
  CONFIDENCES,
  type FindingDetail,
  type Judgement,
} from "../../../../coordinator/analysis/judgement.ts";

const FAILURES = ["close-code 1008", "abnormal-close ", "reply-timeout "];

interface Told {
  readonly confidence: (typeof CONFIDENCES)[number];
  readonly evidence: number;
  readonly against: number;
  readonly failures: readonly string[];
}

const told: fc.Arbitrary<Told> = fc.record({
  confidence: fc.constantFrom(...CONFIDENCES),
  evidence: fc.nat(6),
  against: fc.nat(5),
  failures: fc.subarray(FAILURES),
});
const several = fc.array(told, { minLength: 1, maxLength: 5 });

function judgement(one: Told, cause: string | undefined = "zombie"): Judgement {
  const finding: FindingDetail = {
    ...(cause !== undefined && { cause }),
    ...{ locus: "server", confidence: one.confidence, basis: "", nextProbe: "" },
    against: Array<string>(one.against).fill(""),
    failures: one.failures,
  };
  return {
    ...{ id: "finding/cause/0", kind: "finding", question: "", outcome: "fail", precedence: 2 },
    ...{ scope: { phase: null, name: null, target: null }, limit: null, sentence: "" },
    observed: { measure: "cause", unit: "word", value: "zombie" },
    evidence: Array.from({ length: one.evidence }, () => ({ sentence: "", seconds: [] })),
    ...{ exitCode: null, rule: null, finding },
  };
}

function stated(all: readonly Told[]): number[] {
  return withProbabilities(all.map((one) => judgement(one))).map(
    ({ finding }) => finding?.probability ?? Number.NaN,
  );
}

/** With one of them another. */
function instead(all: readonly Told[], at: number, change: Partial<Told>): Told[] {
  return all.map((one, place) => (place === at ? { ...one, ...change } : one));
}

describe("a probability", () => {
  it("is never raised by dropping evidence, nor by what speaks against it", () => {
    fc.assert(
      fc.property(several, fc.nat(), fc.nat(6), (all, place, fewer) => {
        const at = place % all.length;
        const one = all[at] as Told;
        const before = stated(all)[at] ?? 0;
        const evidence = Math.max(0, one.evidence - fewer);
        expect(stated(instead(all, at, { evidence }))[at]).toBeLessThanOrEqual(before);
        const against = one.against + fewer;
        expect(stated(instead(all, at, { against }))[at]).toBeLessThanOrEqual(before);
      }),
    );
  });

  it("is never lower for a surer word, nor higher behind another cause", () => {
    fc.assert(
      fc.property(several, fc.nat(), (all, place) => {
        const at = place % all.length;
        const [certain = 0, likely = 0, possible = 0] = CONFIDENCES.map(
          (confidence) => stated(instead(all, at, { confidence }))[at],
        );
        expect(certain).toBeGreaterThanOrEqual(likely);
        expect(likely).toBeGreaterThanOrEqual(possible);
        const apart = all.map((one) => ({ ...one, failures: [] }));
        const behind = stated([all[0] as Told, ...apart]);
        expect(behind[at + 1]).toBeLessThanOrEqual(stated(apart)[at] ?? 0);
      }),
    );
  });

  it("is within 0.01 and 0.99, and not above 1 over all causes of the same failures", () => {
    fc.assert(
      fc.property(several, (all) => {
        const probabilities = stated(all);
        for (const one of probabilities) {
          expect(one).toBeGreaterThanOrEqual(0);
          expect(one).toBeLessThanOrEqual(0.99);
        }
        for (const failure of FAILURES) {
          const rivals = probabilities.filter((_, at) => all[at]?.failures.includes(failure));
          expect(rivals.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it("is stated of causes alone", () => {
    const one: Told = { confidence: "certain", evidence: 2, against: 0, failures: [] };
    const without = { ...judgement(one), finding: null };
    const nameless = judgement(one);
    const { cause: _, ...finding } = nameless.finding ?? judgement(one).finding ?? ({} as never);
    const [first, second, third] = withProbabilities([
      without,
      { ...nameless, finding },
      judgement(one),
    ]);
    expect(first?.finding).toBeNull();
    expect(second?.finding?.probability).toBeUndefined();
    expect(third?.finding?.probability).toBeGreaterThan(0.5);
  });
});
