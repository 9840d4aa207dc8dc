/**
 * Goal: probabilities are fitted to runs of the development split alone, and measured on cases they were not fitted to; a table of reliability
 * adds up to the calibration error. Method: answers that are right with a known probability; constructed sets of runs.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Features,
  probabilityBy,
  TERM_NAMES,
  TERMS,
} from "../../../coordinator/analysis/findings/probability-model.ts";
import { CONFIDENCES } from "../../../coordinator/analysis/judgement.ts";
import type { Summary } from "../../../coordinator/report/summary-schema.ts";
import { drawUnit, Stream } from "../../../shared/time/random.ts";
import { calibrated, calibrationSource } from "../../faultbench/calibrate.ts";
import { type Example, fitted } from "../../faultbench/fit.ts";
import { reliabilityOf } from "../../faultbench/reliability.ts";
import { reliabilitySvg } from "../../faultbench/reliability-svg.ts";
import { reliabilityTable } from "../../faultbench/table.ts";
import { FIRST_TEST_SEED } from "../../faultbench/trials.ts";
import { besideTruths, type Seen } from "../../faultbench/truth.ts";

const plain: Features = { confidence: "likely", evidence: 1, against: 1, rank: 0, findings: 1 };
const unit = (index: number, counter: number) => drawUnit(7, Stream.sample, index, counter);

/** Right with the probability of a surer word: 0.9, 0.6 and 0.3. */
function examples(count: number): Example[] {
  return Array.from({ length: count }, (_, at): Example => {
    const place = Math.floor(3 * unit(at, 0));
    const confidence = CONFIDENCES[place] ?? "possible";
    const features = { ...plain, confidence };
    return { cause: "zombie", features, isRight: unit(at, 1) < 0.9 - 0.3 * place };
  });
}

describe("the fit", () => {
  it("finds the probabilities that answers are right with", () => {
    const weights = fitted(examples(3000));
    const [certain, likely, possible] = CONFIDENCES.map((confidence) =>
      probabilityBy(weights, "blackhole", { ...plain, confidence }),
    );
    expect(certain).toBeCloseTo(0.9, 1);
    expect(likely).toBeCloseTo(0.6, 1);
    expect(possible).toBeCloseTo(0.3, 1);
  });

  it("weighs what a cause was right in before by how often it was named", () => {
    const weights = {
      ...fitted(examples(300)),
      causes: { zombie: [1, 10], blackhole: [0, 1] },
    } as const;
    const of = (cause: string) => probabilityBy(weights, cause, plain);
    // (1 + 4 p) / (10 + 4), and 4 p / (1 + 4), with p of a cause that was never named.
    expect(of("zombie")).toBeCloseTo((1 + 4 * of("saturation")) / 14, 1);
    expect(of("blackhole")).toBeCloseTo((4 * of("saturation")) / 5, 1);
  });

  it("gives no weight the sign that its term may not have, whatever the answers are", () => {
    const feature = fc.record({
      confidence: fc.constantFrom(...CONFIDENCES),
      evidence: fc.nat(5),
      against: fc.nat(5),
      rank: fc.nat(4),
      findings: fc.integer({ min: 1, max: 5 }),
    });
    const cause = fc.constantFrom("zombie", "blackhole");
    const example = fc.record({ cause, features: feature, isRight: fc.boolean() });
    fc.assert(
      fc.property(fc.array(example, { minLength: 1, maxLength: 30 }), (answers) => {
        const { weights } = fitted(answers);
        for (const name of TERM_NAMES)
          expect(TERMS[name].sign * weights[name]).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 20 },
    );
  });
});

describe("reliability", () => {
  const answers = (said: number, right: number, wrong: number) => [
    ...Array.from({ length: right }, () => ({ said, isRight: true })),
    ...Array.from({ length: wrong }, () => ({ said, isRight: false })),
  ];

  it("has answers of one probability in one bin, in whatever order they come", () => {
    const stated = [...answers(0.5, 5, 5), ...answers(0.9, 9, 1)];
    const whole = reliabilityOf(stated);
    expect(whole?.error).toBeCloseTo(0, 9);
    expect(whole?.bins.map(({ of, right }) => [of, right])).toEqual([
      [10, 5],
      [10, 9],
    ]);
    fc.assert(
      fc.property(fc.shuffledSubarray(stated, { minLength: 20 }), (shuffled) => {
        expect(reliabilityOf(shuffled)).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it("adds up to the error, and says what chance alone makes of right probabilities", () => {
    const found = reliabilityOf([...answers(0.9, 10, 10), ...answers(0.2, 2, 8)]);
    expect(found?.error).toBeCloseTo((20 * 0.4) / 30, 9);
    const sum = found?.bins.reduce(
      (all, { of, said, right }) => all + Math.abs(of * said - right),
      0,
    );
    expect((sum ?? 0) / 30).toBeCloseTo(found?.error ?? 0, 9);
    // E|k - 18| of B(20, 0.9) is 1.07, E|k - 2| of B(10, 0.2) 0.97: of thirty.
    expect(found?.byChance).toBeCloseTo((1.07 + 0.97) / 30, 2);
    expect(reliabilityOf([])).toBeNull();
  });

  it("is a table and a picture of the same bins", () => {
    const found = reliabilityOf([...answers(0.9, 18, 2), ...answers(0.2, 2, 8)]);
    if (found === null) throw new Error("nothing was stated");
    expect(reliabilityTable(found).slice(2)).toEqual([
      "| 0.20 | 10 | 0.20 | 2/10 = 0.20 (0.06-0.51) |",
      "| 0.90 | 20 | 0.90 | 18/20 = 0.90 (0.70-0.97) |",
    ]);
    expect(reliabilitySvg(found).match(/<circle/g)).toHaveLength(2);
  });
});

describe("calibration", () => {
  const label: Seen["label"] = {
    ...{ id: "0", case: "S1", server: "ws", strength: "strong", seed: 1 },
    label: { cause: "zombie", locus: "server" },
    openSet: false,
    impact: { measure: "failedShare", least: 0.1 },
    ...{ parameters: {}, faulty: 0, onsetWallMs: null },
    machine: { timerLagMs: 11, cpuPressure: 0.1 },
  };
  const finding = { locus: "server", cause: "", confidence: "likely", evidence: [], against: [] };
  const run = (change: Partial<Seen["label"]>, ...named: readonly string[]): Seen => ({
    label: { ...label, ...change },
    summary: {
      connections: { attempted: 1, failed: 1, failedByStatus: {}, closedByCode: {} },
      failures: [],
      findings: named.map((id) => ({ ...finding, id, probability: 0.5 })),
    } as unknown as Summary,
    seconds: [],
  });
  const of = (...seen: readonly Seen[]) => calibrated(seen, besideTruths(seen, false));

  it("counts answers, runs and cases, and is the same for the same runs", () => {
    const seen = [run({}, "zombie", "blackhole"), run({ case: "S2" }, "zombie"), run({ seed: 2 })];
    const { calibration, otherCases } = of(...seen);
    expect(calibration).toMatchObject({ runs: 2, answers: 3, cases: 2, seeds: [1, 2] });
    expect(calibration.causes).toEqual({ blackhole: [0, 1], zombie: [2, 2] });
    expect(otherCases.of).toBe(2);
    expect(calibrationSource(of(...seen).calibration)).toBe(calibrationSource(calibration));
  });

  it("measures a case by the others: what is right there alone is no credit", () => {
    const right = [run({}, "zombie"), run({}, "zombie"), run({}, "zombie"), run({}, "zombie")];
    const { otherCases } = of(...right, run({ case: "S2" }, "blackhole"));
    // Of S1 the weights know nothing but the wrong answer of S2.
    expect(otherCases.bins[0]?.least).toBeLessThan(0.5);
  });

  it("refuses runs of the test split, and runs on a busy machine say nothing", () => {
    expect(() => of(run({ seed: FIRST_TEST_SEED }, "zombie"))).toThrow("test split");
    const machine = { timerLagMs: 500, cpuPressure: 0.9 };
    const { calibration } = of(run({}, "zombie"), run({ machine }, "zombie"));
    expect(calibration.runs).toBe(1);
    expect(() => of(run({}))).toThrow("no run has an answer");
  });

  it("takes what is said of the generator for the machine's, where busy runs count", () => {
    const machine = { timerLagMs: 500, cpuPressure: 0.9 };
    const one = run({ machine }, "zombie", "generator-cpu");
    const findings = one.summary.findings.toReversed();
    const [first] = findings;
    if (first === undefined) throw new Error("there is no finding");
    const generator = { ...first, locus: "generator" as const };
    const seen = [
      { ...one, summary: { ...one.summary, findings: [generator, ...findings.slice(1)] } },
    ];
    const { calibration, sameCases } = calibrated(seen, besideTruths(seen, true));
    expect(calibration).toMatchObject({ runs: 1, answers: 1, causes: { zombie: [1, 1] } });
    expect(sameCases.bins[0]?.right).toBe(1);
  });
});
