/** Goal: sums, peaks, audits and closed seconds are what the frames say; what is no frame of the run is refused. */

import { describe, expect, test } from "vitest";
import { redactScenario } from "../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { SeqSet } from "../../../coordinator/merge/worker/seq-set.ts";
import { tableOf } from "../../support/data-table.ts";
import {
  begun,
  facts,
  joined,
  lost,
  merge,
  SyntheticEngine,
  scenario,
  tell,
} from "./synthetic-run.ts";

test("the peak is that of the cluster, not the sum of the workers' peaks", () => {
  const fold = new RunFold(facts());
  begun(fold, 1, 2);
  const early = new SyntheticEngine();
  const late = new SyntheticEngine();
  merge(fold, 1, [
    early.frame({ second: 0, ticks: { open: [9, 5, 5, 0, 0, 0, 0, 0, 0, 0] } }),
    early.frame({ second: 1, final: true }),
  ]);
  merge(fold, 2, [
    late.frame({ second: 0, final: true, ticks: { open: [0, 3, 6, 8, 8, 0, 0, 0, 0, 7] } }),
  ]);
  expect(fold.merge.timeline.openGauge.peak()).toBe(11);
  expect(fold.merge.worker(1).openGauge.peak()).toBe(9);
  expect(fold.merge.timeline.row(0)?.open).toBe(7);
  expect(fold.merge.timeline.row(1)?.open).toBe(0);
});

test("a widened frame keeps its counts in their seconds", () => {
  const fold = new RunFold(facts());
  begun(fold);
  merge(fold, 1, [
    new SyntheticEngine().frame({
      second: 2,
      spanSeconds: 2,
      final: true,
      ticks: { sent: [...Array(10).fill(1), ...Array(10).fill(3)], open: Array(20).fill(4) },
      values: [{ metric: "latency", phase: 0, name: 0, us: [100, 200] }],
      health: { loopLagMaxUs: 77 },
    }),
  ]);
  const rows = [...fold.merge.timeline.rows()];
  expect(rows.map(({ sent }) => sent)).toEqual([0, 0, 10, 30]);
  expect(rows.map(({ engines }) => engines)).toEqual([0, 0, 1, 1]);
  expect(rows.map(({ loopLagMaxUs }) => loopLagMaxUs)).toEqual([null, null, 77, 77]);
  expect(rows.map(({ latencyUs }) => latencyUs?.count ?? 0)).toEqual([0, 0, 2, 0]);
});

test("how busy an engine was in the moment of its final frame is not taken for its second", () => {
  const fold = new RunFold(facts());
  begun(fold);
  const engine = new SyntheticEngine();
  merge(fold, 1, [
    engine.frame({ second: 0, health: { utilisation: 0.3, processCpu: 0.5 } }),
    engine.frame({ second: 1, final: true, health: { utilisation: 1, processCpu: 8 } }),
  ]);
  expect([...fold.merge.timeline.rows()].map(({ utilisation }) => utilisation)).toEqual([
    0.3,
    null,
  ]);
  expect(fold.merge.worker(1).cpu).toBe(0.5);
});

test("what happened before the start counts, and has no second", () => {
  const fold = new RunFold(facts());
  begun(fold);
  merge(fold, 1, [
    new SyntheticEngine().frame({
      second: -1,
      values: [{ metric: "loopLag", phase: 0, us: [5] }],
      ticks: { open: [9] },
    }),
  ]);
  expect(fold.merge.timeline.length).toBe(0);
  expect(fold.merge.worker(1).loopLag.count).toBe(1);
});

test("old seconds are kept compressed and still take late frames", () => {
  const fold = new RunFold(facts());
  begun(fold);
  const engine = new SyntheticEngine();
  const of = (second: number, us: number[]) =>
    engine.frame({ second, values: [{ metric: "latency", phase: 0, name: 0, us }] });
  merge(
    fold,
    1,
    [...Array(40).keys()].map((second) => of(second, [second * 100 + 100])),
  );
  expect(fold.merge.timeline.row(3)?.latencyUs).toMatchObject({ count: 1, p50: 400 });
  const body = of(3, [1_000, 1_000, 1_000]);
  fold.apply({ type: "frame", epoch: 1, seq: 40, body, late: false });
  expect(fold.merge.timeline.row(3)?.latencyUs).toMatchObject({ count: 4, p50: 1000, max: 1000 });
  expect(
    fold.merge.series.histogram(
      { metric: "latency", phases: null, names: null },
      { from: 3, to: 4 },
    )?.count,
  ).toBe(4);
});

describe("closed seconds", () => {
  test("wait for every engine that lives, but not for ever", () => {
    const fold = new RunFold(facts());
    begun(fold, 1, 2);
    const fast = new SyntheticEngine();
    const slow = new SyntheticEngine();
    const to = (epoch: number, engine: SyntheticEngine, second: number, final = false) => {
      const body = engine.frame({ second, final });
      fold.apply({ type: "frame", epoch, seq: second, body, late: false });
    };
    expect(fold.closedThrough()).toBe(-1);
    for (let second = 0; second < 3; second++) to(1, fast, second);
    to(2, slow, 0);
    expect(fold.closedThrough()).toBe(0);
    for (let second = 3; second < 10; second++) to(1, fast, second);
    expect(fold.closedThrough()).toBe(4);
    to(2, slow, 1, true);
    expect(fold.closedThrough()).toBe(9);
  });

  test("a lost worker holds nothing back", () => {
    const fold = new RunFold(facts());
    begun(fold, 1, 2);
    merge(
      fold,
      1,
      [0, 1, 2].map((second) => new SyntheticEngine().frame({ second })),
    );
    merge(fold, 2, [new SyntheticEngine().frame({ second: 0 })]);
    tell(fold, lost(2, ""));
    expect(fold.closedThrough()).toBe(2);
  });
});

describe("the audit", () => {
  test("finds what an engine says otherwise, also when frames come out of order", () => {
    const fold = new RunFold(facts());
    begun(fold);
    const engine = new SyntheticEngine(3);
    const bodies = [0, 1, 2].map((second) =>
      engine.frame({ second, phases: { 0: { pings: 1 } }, auditError: second === 1 ? 5 : 0 }),
    );
    for (const seq of [2, 0, 1]) {
      const body = bodies[seq] as Uint8Array;
      fold.apply({ type: "frame", epoch: 1, seq, body, late: false });
    }
    const { audit } = fold.merge.worker(1);
    expect(audit.compared).toBe(3);
    expect(audit.differences).toEqual([{ engine: 3, what: "attempted", difference: -5 }]);
  });

  test("keeps engines of one worker apart", () => {
    const fold = new RunFold(facts());
    tell(fold, joined(1, 2));
    const [a, b] = [new SyntheticEngine(0), new SyntheticEngine(1)];
    merge(fold, 1, [
      a.frame({ second: 0, phases: { 0: { pings: 1 } } }),
      b.frame({ second: 0, phases: { 0: { pings: 2 } } }),
      a.frame({ second: 1, phases: { 0: { pings: 4 } } }),
      b.frame({ second: 1, phases: { 0: { pings: 8 } } }),
    ]);
    expect(fold.merge.worker(1).audit).toMatchObject({ compared: 4, differences: [] });
    expect(fold.merge.counters().pings).toBe(15);
  });
});

describe("frames that are none of the run's", () => {
  const engine = new SyntheticEngine();
  test.each([
    ["a phase", { phases: { 7: { sent: 1 } } }],
    ["a message", { names: [{ phase: 0, name: 9, counters: {} }] }],
    ["a shard", { shards: { 4000: {} } }],
    ["a second", { second: 1_000_000 }],
    [
      "a name of a histogram",
      { values: [{ metric: "latency", phase: 0, name: 5, us: [1] } as const] },
    ],
  ])("%s that does not exist: refused whole, and said", (_, content) => {
    const fold = new RunFold(facts());
    begun(fold);
    merge(fold, 1, [engine.frame({ ...content })]);
    expect(fold.merge.frames).toBe(0);
    expect(fold.framesMissing).toBe(1);
    expect(fold.merge.unreadable).toHaveLength(1);
    expect(fold.merge.counters().sent).toBe(0);
  });

  test("a histogram that is none: nothing of the frame is merged", () => {
    const fold = new RunFold(facts());
    begun(fold);
    const body = engine.frame({
      phases: { 0: { sent: 3 } },
      values: [{ metric: "latency", phase: 0, name: 0, us: [1] }],
    });
    const at = Buffer.from(body).indexOf(Buffer.from([0x1c, 0x84, 0x93]));
    expect(at).toBeGreaterThan(0);
    const broken = Buffer.from(body);
    broken[at] = 0xff;
    merge(fold, 1, [broken]);
    expect(fold.merge.counters().sent).toBe(0);
    expect(fold.framesMissing).toBe(1);
  });
});

test("the set of sequence numbers is a set", () => {
  const set = new SeqSet();
  expect([3, 0, 0, 1, 3].map((seq) => set.add(seq))).toEqual([true, true, false, true, false]);
  expect(set).toMatchObject({ contiguous: 1, max: 3, size: 3 });
  expect(set.add(2)).toBe(true);
  expect(set).toMatchObject({ contiguous: 3, max: 3, size: 4 });
  expect(() => set.add(-1)).toThrow(/cannot be placed/);
  expect(() => set.add(1.5)).toThrow(/cannot be placed/);
});

test("what is remembered of a scenario holds no secret", () => {
  const base = scenario();
  const redacted = redactScenario({
    ...base,
    secrets: ["s3cret-value"],
    vars: { token: "s3cret-value" },
    env: { TOKEN: "s3cret-value" },
    data: { users: tableOf(["p"], [["pw"]], "unique") },
    targets: [{ url: "ws://h/?t=s3cret-value", weight: 1, label: "x" }],
    connect: {
      ...base.connect,
      headers: [["authorization", "Bearer other"]],
      tls: { ...base.connect.tls, key: "KEY" },
    },
    messages: base.messages && {
      ...base.messages,
      mix: [
        {
          name: "login",
          weight: 1,
          sequence: null,
          send: { kind: "json", value: { password: "hidden" } },
          reply: { match: "none" },
        },
      ],
    },
  });
  const text = JSON.stringify(redacted);
  for (const secret of ["s3cret-value", 'pw"', "other", "KEY", "hidden"]) {
    expect(text).not.toContain(secret);
  }
  expect(redacted.targets[0]?.url).toContain("***");
});
