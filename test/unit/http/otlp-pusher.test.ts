/**
 * Goal: a collector is told every five seconds and once at the end, one export at a time, and its troubles are counted and
 * said, never passed on. Method: OpenTelemetry's exporter against a real server; the rhythm on simulated time.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { runMetrics } from "../../../coordinator/http/metrics/run-metrics.ts";
import { loadOtlp, openExporter } from "../../../coordinator/http/otlp/exporter.ts";
import { resourceMetrics } from "../../../coordinator/http/otlp/points.ts";
import { Pusher } from "../../../coordinator/http/otlp/pusher.ts";
import { runMeasures } from "../../../coordinator/live/measures.ts";
import { systemTimers, type Timers } from "../../../shared/time/timer.ts";
import { SimProcess, SimTime } from "../../sim/sim-time.ts";
import { startCollector } from "../../support/collector.ts";
import { goodRun } from "../merge/synthetic-run.ts";

const read = () => runMeasures(goodRun(), { state: "running", elapsedUs: 5_000_000 });
const SPAN = { startUs: 1_790_000_000_000_000, endUs: 1_790_000_001_000_000 };
const metrics = resourceMetrics(runMetrics(read()), "r1", SPAN);

/** Fires what waits at once: who waits for a time limit has waited. */
const impatient: Timers = {
  after: (_, callback) => systemTimers.after(20, callback),
};

describe("one export", () => {
  it("is taken, or its refusal is one line", async () => {
    const otlp = await loadOtlp();
    await using taking = await startCollector();
    expect(await openExporter(otlp, `${taking.url}/v1/metrics`, systemTimers).export(metrics)).toBe(
      null,
    );
    expect(taking.faults).toEqual([]);
    expect(taking.exports.map(({ path, resource }) => [path, resource["onrush.run"]])).toEqual([
      ["/v1/metrics", "r1"],
    ]);
    await using refusing = await startCollector({ status: 403, statusMessage: "No\u009b2J way" });
    expect(await openExporter(otlp, refusing.url, systemTimers).export(metrics)).toBe(
      "HTTP 403 No 2J way",
    );
  });

  it("is given up in time when its answer never ends", async () => {
    const server = createServer((_, response) => {
      response.writeHead(200);
      response.write("{");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const exporter = openExporter(await loadOtlp(), `http://127.0.0.1:${port}/`, impatient);
    expect(await exporter.export(metrics)).toBe("no answer within 4 s");
    // While that one hangs there is no other.
    expect(await exporter.export(metrics)).toMatch(/Concurrent export limit/);
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });
});

/** Lets so much time pass. */
async function pass(time: SimTime, ms: number): Promise<void> {
  let passed = false;
  time.after(ms, () => {
    passed = true;
  });
  await time.run(Number.POSITIVE_INFINITY, () => passed);
}

/** A collector by the answers it gives; each takes tookMs. */
function pushing(answers: readonly (string | null)[], tookMs: number, from = read) {
  const time = new SimTime();
  const process = new SimProcess("coordinator", time);
  const begunAtMs: number[] = [];
  const notes: string[] = [];
  let open = 0;
  let most = 0;
  const exporter = {
    export: async () => {
      begunAtMs.push((process.monotonicUs() - 1_000_000) / 1000);
      most = Math.max(most, ++open);
      await new Promise<void>((resolve) => process.after(tookMs, resolve));
      open--;
      return answers[begunAtMs.length - 1] ?? null;
    },
  };
  const note = (line: string) => notes.push(line);
  const url = "http://collector/v1/metrics";
  const pusher = new Pusher({ url, exporter, clock: process, timers: process, note });
  pusher.begin(from);
  return { pusher, time, begunAtMs, notes, most: () => most };
}

describe("a collector", () => {
  it("is told every five seconds, and once more at the end", async () => {
    const { pusher, time, begunAtMs, notes, most } = pushing([], 300);
    await pass(time, 12_500);
    const ending = pusher.finish();
    await pass(time, 5000);
    expect(await ending).toBeNull();
    expect(begunAtMs).toEqual([0, 5000, 10_000, 12_500]);
    expect([notes, most()]).toEqual([[], 1]);
  });

  it("that is slow is told one thing at a time, the last one when it has answered", async () => {
    const { pusher, time, begunAtMs, most } = pushing([], 4500);
    await pass(time, 6000);
    const ending = pusher.finish();
    await pass(time, 60_000);
    expect(await ending).toBeNull();
    expect(begunAtMs).toEqual([0, 5000, 9500]);
    expect(most()).toBe(1);
  });

  it("that fails is noted once, and what it has is said at the end", async () => {
    const late = pushing([null, "HTTP 500 x", "HTTP 503 y"], 10);
    await pass(late.time, 11_000);
    let ending = late.pusher.finish();
    await pass(late.time, 1000);
    expect(await ending).toBe(
      "metrics to http://collector/v1/metrics: 2 of 4 exports failed (HTTP 503 y); the last one arrived, and it holds everything",
    );
    expect(late.notes).toEqual([
      "metrics to http://collector/v1/metrics failed (HTTP 500 x); the run goes on",
    ]);
    const never = pushing(["a", "a"], 10);
    await pass(never.time, 1000);
    ending = never.pusher.finish();
    await pass(never.time, 1000);
    expect(await ending).toMatch(
      /2 of 2 exports failed \(a\); the last one too, .* no end of this/,
    );
  });

  it("costs the run nothing when its numbers cannot be read", async () => {
    const broken = pushing([], 10, () => {
      throw new Error("the\nstore is gone");
    });
    await pass(broken.time, 6000);
    const ending = broken.pusher.finish();
    await pass(broken.time, 1000);
    expect(await ending).toMatch(/3 of 3 exports failed \(the store is gone\)/);
    expect(broken.begunAtMs).toEqual([]);
  });

  it("is told nothing of a run that never began", async () => {
    const time = new SimTime();
    const process = new SimProcess("coordinator", time);
    const exporter = { export: () => Promise.reject(new Error("asked")) };
    const parts = { url: "u", exporter, clock: process, timers: process, note: () => {} };
    expect(await new Pusher(parts).finish()).toBeNull();
  });
});
