/**
 * Goal: scores are what they say: shares among the right runs, no credit for a fault that was not felt, calibration as
 * computed by hand. Method: constructed answers; indicators against values with a known median and spread.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Summary } from "../../../coordinator/report/summary-schema.ts";
import type { Answer } from "../../faultbench/answer.ts";
import { closeCodes } from "../../faultbench/baselines/close-codes.ts";
import { majority } from "../../faultbench/baselines/majority.ts";
import { robustZ } from "../../faultbench/baselines/robust-z.ts";
import type { Label } from "../../faultbench/bundle.ts";
import { moved, usual } from "../../faultbench/indicator.ts";
import { type Scored, scores } from "../../faultbench/score.ts";
import { causesTable } from "../../faultbench/table.ts";
import { besideTruths } from "../../faultbench/truth.ts";

const label: Label = {
  id: "0",
  case: "S1",
  server: "ws",
  strength: "strong",
  seed: 1,
  label: null,
  openSet: false,
  impact: null,
  parameters: {},
  faulty: 0,
  onsetWallMs: null,
  machine: { timerLagMs: 11, cpuPressure: 0.1 },
};
const named = (cause: string, locus: string, probability: number | null = null) => ({
  cause,
  locus,
  probability,
});

function row(truth: Scored["truth"], answer: Answer, isDisturbed = false): Scored {
  return {
    label,
    truth,
    value: null,
    usual: null,
    isDisturbed,
    answers: new Map([["ours", answer]]),
  };
}
const cap = { cause: "connection-cap", locus: "server", openSet: false };
const burnt = { cause: "generator-cpu", locus: "generator", openSet: false };
const odd = { cause: "odd", locus: "server", openSet: true };

describe("scores", () => {
  const rows = [
    row(cap, [named("connection-cap", "server", 0.9)]),
    row(cap, [named("zombie", "server", 0.9), named("connection-cap", "server")]),
    row(cap, [named("generator-cpu", "generator", 0.9)]),
    row(cap, []),
    row(burnt, [named("saturation", "server", 0.5)]),
    row(burnt, [named("generator-cpu", "generator", 0.5)]),
    row(odd, [named("unknown", "server", 0.5)]),
    row(null, []),
    row(null, [named("zombie", "server", 0.5)]),
    row(cap, [named("connection-cap", "server", 0.9)], true),
  ];
  const [score] = scores(rows);
  const share = (measure: keyof NonNullable<typeof score>["shares"]) => {
    const { count, of } = score?.shares[measure] ?? { count: -1, of: -1 };
    return [count, of];
  };

  it("count among the runs they are about, and leave out those on a busy machine", () => {
    expect(share("locus, first")).toEqual([4, 7]);
    expect(share("cause, first")).toEqual([2, 6]);
    expect(share("cause, first three")).toEqual([3, 6]);
    expect(share("false alarms on healthy runs")).toEqual([1, 2]);
    expect(share("generator's fault blamed on others")).toEqual([1, 2]);
    expect(share("others' fault blamed on the generator")).toEqual([1, 5]);
    expect(share("unknown causes called unknown")).toEqual([1, 1]);
  });

  it("are told cause by cause, the worst first, with what was named instead", () => {
    expect(causesTable(rows).slice(2)).toEqual([
      "| `connection-cap` | 4 | 1 | 2 | zombie, generator-cpu, nothing |",
      "| `generator-cpu` | 2 | 1 | 1 | saturation |",
      "| `odd` | 1 | 1 | 1 |  |",
    ]);
  });

  it("take either of two causes for the first answer, and count both apart", () => {
    const both = { ...cap, also: { cause: "generator-cpu", locus: "generator" } };
    const answers = [
      [named("generator-cpu", "generator")],
      [named("zombie", "server"), named("connection-cap", "server"), named("generator-cpu", "")],
    ];
    const [of] = scores(answers.map((answer) => row(both, answer)));
    const counts = (measure: keyof NonNullable<typeof of>["shares"]) => of?.shares[measure].count;
    expect(counts("cause, first")).toBe(1);
    expect(counts("locus, first")).toBe(2);
    expect(counts("both of two causes, first three")).toBe(1);
    expect(of?.shares["others' fault blamed on the generator"].of).toBe(0);
  });

  it("have an interval by Wilson that holds the share", () => {
    const { low, high } = score?.shares["cause, first"] ?? {};
    expect(low).toBeCloseTo(0.0968, 3);
    expect(high).toBeCloseTo(0.7, 2);
  });

  it("say how far stated probabilities are from the truth", () => {
    // One bin of seven: stated 4.7, right 3, one of them as unknown.
    expect(score?.calibration?.of).toBe(7);
    expect(score?.calibration?.error).toBeCloseTo((4.7 - 3) / 7, 9);
  });
});

describe("an indicator", () => {
  it("has moved when it is above what healthy runs show, by three spreads and by the least step", () => {
    const healthy = usual([10, 11, 9, 10, 12]);
    expect(healthy?.median).toBe(10);
    expect(healthy?.spread).toBeCloseTo(1.4826, 9);
    expect(moved(14, healthy, 1)).toBe(false);
    expect(moved(15, healthy, 1)).toBe(true);
    expect(moved(15, healthy, 10)).toBe(false);
    expect(moved(null, healthy, 1)).toBe(false);
    expect(moved(5, null, 4)).toBe(true);
  });

  it("never moves for one of the healthy runs themselves when they are all alike", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (value) => {
        expect(moved(value, usual([value, value, value]), 1e-9)).toBe(false);
      }),
    );
  });
});

describe("baselines", () => {
  const summary = (connections: object, failures: readonly object[] = []) =>
    ({ connections, failures }) as unknown as Summary;
  const evidence = { seconds: [], others: [] };

  it("look the most frequent code up", () => {
    const connections = { failedByStatus: { 503: 10, 429: 3 }, closedByCode: { 1001: 7 } };
    const failures = [{ kind: "upgrade-status", count: 13, cause: "target" }];
    const answer = closeCodes.answer({ ...evidence, summary: summary(connections, failures) });
    expect(answer.map(({ cause }) => cause)).toEqual([
      "connection-cap",
      "idle-timeout",
      "handshake-rate-limit",
    ]);
    const nothing = summary({ failedByStatus: {}, closedByCode: {} });
    expect(closeCodes.answer({ ...evidence, summary: nothing })).toEqual([]);
  });

  it("rank series by how far they stand out", () => {
    const second = (failed: number) => ({ planned_open: 10, failed, latency_p99_ms: 5 });
    const calm = Array.from({ length: 20 }, () => second(0));
    const given = { ...evidence, summary: summary({}) };
    expect(robustZ.answer({ ...given, seconds: calm })).toEqual([]);
    const [first] = robustZ.answer({ ...given, seconds: [...calm, second(50)] });
    expect(first?.cause).toBe("connection-cap");
  });

  it("say what is most often right elsewhere", () => {
    const others = [cap, cap, burnt, null];
    const [first] = majority.answer({ ...evidence, summary: summary({}), others });
    expect(first).toEqual(named("connection-cap", "server", 0.5));
    const healthy = [null, null, burnt];
    expect(majority.answer({ ...evidence, summary: summary({}), others: healthy })).toEqual([]);
  });
});

const capLabel = { cause: "connection-cap", locus: "server" } as const;
const seen = (truth: Label["label"], cpuPressure: number, least = 0.1) => ({
  label: {
    ...label,
    label: truth,
    impact: truth === null ? null : { measure: "failedShare", least },
    machine: { timerLagMs: 11, cpuPressure },
  },
  summary: {
    connections: { attempted: 1, failed: 1, failedByStatus: {}, closedByCode: {} },
    failures: [],
    findings: [{ id: "zombie", locus: "server", cause: "", probability: 0.75 }],
  } as unknown as Summary,
  seconds: [],
});

describe("a fault that was not felt", () => {
  const crash = { cause: "crash-and-restart", locus: "server" } as const;
  const truthOf = (truth: Label["label"], least: number) =>
    besideTruths([seen(truth, 0.1, least)], false)[0]?.truth;

  it("is none, but for what set it off", () => {
    expect(truthOf(capLabel, 2)).toBeNull();
    expect(truthOf({ ...capLabel, unfelt: crash }, 2)).toEqual({ ...crash, openSet: false });
  });

  it("that was felt is the cause alone", () => {
    expect(truthOf({ ...capLabel, unfelt: crash }, 0.1)).toEqual(cap);
  });
});

describe("a run on a busy machine", () => {
  const busy = () => seen({ ...capLabel, cause: "zombie" }, 0.9);
  const runs = [seen(capLabel, 0.1), seen(capLabel, 0.1), busy(), busy(), busy()];

  it("does not move what is most often right elsewhere, unless it counts", () => {
    const said = (busy: boolean) => besideTruths(runs, busy)[0]?.answers.get("majority")?.[0];
    expect(said(false)).toEqual(named("connection-cap", "server", 1));
    expect(said(true)).toEqual(named("zombie", "server", 0.75));
    expect(besideTruths(runs, false).map(({ isDisturbed }) => isDisturbed)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  it("is answered as the others are, with a cause and a probability", () => {
    for (const { answers } of besideTruths(runs, false)) {
      expect(answers.get("ours")).toEqual([named("zombie", "server", 0.75)]);
    }
  });
});
