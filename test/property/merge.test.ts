/**
 * Laws of the merge: frames are a set. Permuting, duplicating and replaying them changes nothing in any result;
 * the ledger of what engines really did always balances, and any one lie about it is found.
 * Method: random histories of engines that keep their books, as encoded frames.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { balance } from "../../coordinator/merge/ledger.ts";
import { RunFold } from "../../coordinator/merge/run-fold.ts";
import { histogramLog, loggedMetrics } from "../../coordinator/report/formats/hlog.ts";
import { timelineCsv } from "../../coordinator/report/formats/timeline-csv.ts";
import { buildSummary } from "../../coordinator/report/summary.ts";
import type { FailureKind } from "../../shared/stats/failure-kind.ts";
import {
  begun,
  ended,
  type FrameContent,
  facts,
  joined,
  lost,
  SyntheticEngine,
  tell,
  threshold,
} from "../unit/merge/synthetic-run.ts";

const RUNS = 60;
const SECONDS = 8;

/** What one engine does in one second; sizes only, the books follow from them. */
const activity = fc.record({
  opens: fc.nat(5),
  fails: fc.nat(3),
  closes: fc.nat(5),
  answered: fc.nat(6),
  timedOut: fc.nat(2),
  stray: fc.nat(2),
  latencyUs: fc.integer({ min: 1, max: 100_000_000 }),
  lagUs: fc.integer({ min: 0, max: 100_000 }),
  loopLagMaxUs: fc.integer({ min: 0, max: 400_000 }),
  utilisation: fc.double({ min: 0, max: 1, noNaN: true }),
  phase: fc.nat(1),
  signature: fc.constantFrom("503", "502", "ECONNRESET", "other"),
});
type Activity = typeof activity extends fc.Arbitrary<infer T> ? T : never;

const history = fc.array(fc.array(activity, { minLength: SECONDS, maxLength: SECONDS }), {
  minLength: 1,
  maxLength: 3,
});

interface Numbered {
  readonly epoch: number;
  readonly seq: number;
  readonly body: Uint8Array;
}

/** One worker of one engine per history, each with a shard of its own. */
function framesOf(histories: readonly (readonly Activity[])[]): Numbered[] {
  return histories.flatMap((seconds, at) => {
    const engine = new SyntheticEngine();
    let open = 0;
    return seconds.map((did, second): Numbered => {
      const final = second === SECONDS - 1;
      const closes = final ? open + did.opens : Math.min(did.closes, open + did.opens);
      open += did.opens - closes;
      const body = engine.frame(frameOf(did, { shard: at, second, final, closes, open }));
      return { epoch: at + 1, seq: second, body };
    });
  });
}

interface Place {
  readonly shard: number;
  readonly second: number;
  readonly final: boolean;
  readonly closes: number;
  readonly open: number;
}

function frameOf(did: Activity, { shard, second, final, closes, open }: Place): FrameContent {
  const { opens, fails, answered, timedOut, stray, phase } = did;
  const sent = answered + timedOut;
  const kind: FailureKind = "upgrade-status";
  return {
    second,
    final,
    phases: {
      [phase]: {
        attempted: opens + fails,
        established: opens,
        failed: fails,
        closed: closes,
        planned: sent + stray,
        sent,
        skippedBackpressure: stray,
        expected: sent,
        matched: answered,
        timedOut,
        received: answered + stray,
        unsolicited: stray,
      },
    },
    names: [{ phase, name: did.fails % 2, counters: { sent, matched: answered, timedOut } }],
    shards: {
      [shard]: {
        attempted: opens + fails,
        established: opens,
        failed: fails,
        closed: closes,
        open,
      },
    },
    values: [
      { metric: "latency", phase, name: did.fails % 2, us: Array(answered).fill(did.latencyUs) },
      { metric: "sendLag", phase, us: Array(sent).fill(did.lagUs) },
      { metric: "loopLag", phase, us: [did.loopLagMaxUs] },
    ],
    ticks: { open: Array(10).fill(open), opened: [opens], closed: [closes], sent: [0, sent] },
    failures:
      fails === 0
        ? []
        : [
            {
              kind,
              signature: did.signature,
              phase,
              target: 0,
              count: fails,
              sample: {
                connection: did.latencyUs % 1000,
                attempt: 0,
                atUs: second * 1e6 + did.lagUs,
                ageUs: 0,
                detail: did.signature,
              },
            },
          ],
    closes: closes > 0 ? [{ cause: "plan", count: closes }] : [],
    health: {
      loopLagMaxUs: did.loopLagMaxUs,
      utilisation: did.utilisation,
      processCpu: did.utilisation,
    },
  };
}

const rules = {
  thresholds: [threshold({}), threshold({ measure: "messages", statistic: "sent", unit: "count" })],
};

function foldOf(frames: readonly Numbered[], workers: number): RunFold {
  const fold = new RunFold(facts(rules));
  begun(fold, ...Array.from({ length: workers }, (_, at) => at + 1));
  for (const frame of frames) fold.apply({ type: "frame", ...frame, late: false });
  ended(
    fold,
    Object.fromEntries(Array.from({ length: workers }, (_, at) => [at + 1, SECONDS - 1])),
  );
  return fold;
}

/** Everything a run leaves behind. */
function results(fold: RunFold): unknown {
  return {
    summary: buildSummary(fold),
    timeline: [...timelineCsv(fold)],
    logs: loggedMetrics(fold).map((metric) => [...histogramLog(fold, metric)]),
  };
}

describe("frames are a set", () => {
  test("any order, any duplicates, any replays: the same results to the byte", () => {
    const shuffled = history.chain((histories) => {
      const frames = framesOf(histories);
      const twice = [...frames, ...frames, ...frames.slice(0, 5)];
      return fc.record({
        histories: fc.constant(histories),
        order: fc
          .shuffledSubarray([...twice.keys()], { minLength: twice.length, maxLength: twice.length })
          .map((order) => order.map((at) => twice[at] as Numbered)),
      });
    });
    fc.assert(
      fc.property(shuffled, ({ histories, order }) => {
        const expected = foldOf(framesOf(histories), histories.length);
        expect(results(foldOf(order, histories.length))).toEqual(results(expected));
      }),
      { numRuns: RUNS },
    );
  });
});

describe("the ledger", () => {
  test("balances for whatever engines did", () => {
    fc.assert(
      fc.property(history, (histories) => {
        const ledger = balance(foldOf(framesOf(histories), histories.length).merge);
        expect(ledger).toEqual({
          balanced: true,
          differences: {},
          lostInFlight: 0,
          lostWithWorker: 0,
          openAtEnd: 0,
        });
      }),
      { numRuns: RUNS },
    );
  });

  test("balances when a worker is lost at any moment, and holds what it had open", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: SECONDS - 1 }), (histories, upTo) => {
        const frames = framesOf(histories);
        const fold = new RunFold(facts());
        begun(fold, ...histories.map((_, at) => at + 1));
        for (const frame of frames) {
          if (frame.epoch > 1 || frame.seq < upTo)
            fold.apply({ type: "frame", ...frame, late: false });
        }
        tell(fold, lost(1, "test"));
        const others = histories.slice(1).map((_, at) => [at + 2, SECONDS - 1]);
        ended(fold, Object.fromEntries(others));
        const ledger = balance(fold.merge);
        const done = (histories[0] ?? []).slice(0, upTo);
        let open = 0;
        for (const { opens, closes } of done) open += opens - Math.min(closes, open + opens);
        expect(ledger).toMatchObject({ balanced: true, lostWithWorker: open, openAtEnd: 0 });
      }),
      { numRuns: RUNS },
    );
  });

  test("finds a frame that never came", () => {
    fc.assert(
      fc.property(history, fc.nat(SECONDS - 1), (histories, missing) => {
        const frames = framesOf(histories).filter(({ epoch, seq }) => epoch > 1 || seq !== missing);
        const fold = foldOf(frames, histories.length);
        expect(fold.framesMissing).toBe(1);
        expect(buildSummary(fold).validity.valid).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });

  test("finds any one counter that lies", () => {
    const lie = fc.record({
      counter: fc.constantFrom(
        "attempted",
        "established",
        "failed",
        "closed",
        "planned",
        "sent",
        "expected",
        "matched",
        "timedOut",
        "received",
        "late",
      ),
      by: fc.integer({ min: 1, max: 3 }),
      at: fc.nat(SECONDS - 1),
    });
    fc.assert(
      fc.property(history, lie, (histories, { counter, by, at }) => {
        const first = histories[0] as readonly Activity[];
        const engine = new SyntheticEngine();
        const fold = new RunFold(facts());
        tell(fold, joined(1));
        let open = 0;
        first.forEach((did, second) => {
          const final = second === SECONDS - 1;
          const closes = final ? open + did.opens : Math.min(did.closes, open + did.opens);
          open += did.opens - closes;
          const content = frameOf(did, { shard: 0, second, final, closes, open });
          const counters = content.phases?.[did.phase] as Record<string, number>;
          if (second === at) counters[counter] = (counters[counter] ?? 0) + by;
          const body = engine.frame(content);
          fold.apply({ type: "frame", epoch: 1, seq: second, body, late: false });
        });
        ended(fold, { 1: SECONDS - 1 });
        expect(balance(fold.merge).balanced).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });
});
