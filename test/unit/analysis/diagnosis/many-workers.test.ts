/**
 * Goal: one worker of 500 is found by work that grows with the number of workers, and what is kept of them is bounded. Method: times put
 * straight into the evidence of a run, whose reads are counted.
 */
import { expect, test } from "vitest";
import { clockSkew } from "../../../../coordinator/analysis/diagnosis/generator/clock-skew.ts";
import { slowWorker } from "../../../../coordinator/analysis/diagnosis/generator/slow-worker.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { WorkerTimes } from "../../../../coordinator/merge/evidence/worker-times.ts";
import { METRICS, type Metric } from "../../../../shared/stats/counters.ts";
import { bucketOf } from "../../../../shared/stats/hdr-v2.ts";
import { foldOfWorkers } from "./story.ts";

const WORKERS = 500;
const SECONDS = 240;
const SPANS = 24;

function pieceOf(metric: Metric, us: number) {
  const buckets = Uint16Array.of(bucketOf(us));
  const values = { buckets, counts: Float64Array.of(20), count: 20 };
  return { metric: METRICS.indexOf(metric), phase: 1, name: 0, values };
}

test("one of 500 workers is found, and each is read once a stretch and metric", () => {
  const seconds = Array.from({ length: SECONDS }, () => ({ open: 1 }));
  const fold = foldOfWorkers([seconds, ...Array.from({ length: WORKERS - 1 }, () => [])], {
    connections: WORKERS,
  });
  const { times } = fold.merge.evidence;
  for (let epoch = 1; epoch <= WORKERS; epoch++)
    for (let second = 0; second < SECONDS; second += SECONDS / SPANS)
      times.add(epoch, second, [
        pieceOf("push", epoch === 250 ? 303_000 : 3000),
        pieceOf("service", epoch === 400 ? 60_000 : 3000),
      ]);
  let reads = 0;
  const of = times.of.bind(times);
  times.of = (...place) => {
    reads++;
    return of(...place);
  };
  const signals = new Signals(fold);
  expect(clockSkew.detect(signals)[0]?.sentence).toMatch(/worker w250 is ahead/);
  expect(slowWorker.detect(signals)[0]?.sentence).toMatch(/for worker w400 alone/);
  // And the replies of the one whose clock it may be.
  expect(reads).toBe(3 * WORKERS * SPANS + SPANS);
});

test("what is kept of a worker is bounded, and of seconds after the plan there is nothing", () => {
  const times = new WorkerTimes(3600);
  for (let second = 0; second < 4000; second++)
    times.add(1, second, [pieceOf("push", 1 + second), pieceOf("service", 5)]);
  const kept = (["push", "service", "sendLag"] as const).flatMap((metric) =>
    Array.from({ length: 4000 }, (_, span) => times.of(1, metric, span)?.byteLength ?? 0),
  );
  expect(kept.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(2 * SPANS * 106 * 4);
  expect(times.of(1, "push", SPANS)).toBeNull();
});
