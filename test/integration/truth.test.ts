import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  build,
  decodeFromCompressedBase64,
  type Histogram,
  HistogramLogReader,
} from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import { runScenario, scratch, startTarget } from "../support/programs.ts";

/**
 * Does the report say what happened? The target is told to do something that is known exactly, and the
 * summary is compared with it.
 */

/** What the way there and back and the generator's turns may add to a reply. */
const TOLERANCE_MS = 2;
/** Three significant digits of the histogram. */
const RESOLUTION = 0.001;
/** Share of replies that a pause of this shared machine may hit, in percent. */
const HICCUPS_PERCENT = 2;
/** What such a pause may add where it is the figure. */
const MACHINE_MS = 3;

type Percentile = "p50" | "p90" | "p95" | "p99" | "p999";

const ECHO = {
  name: "echo",
  send: { binary: { size: 64, fill: "random" } },
  reply: { match: "echo", within: "5s" },
};

/** Connections open without messages first, so that none is skipped and the count is exact. */
function steady(url: string, over: { connections: number; seconds: number; messages: object }) {
  return {
    target: url,
    load: [
      { phase: "open", ramp: "linear", to: over.connections, over: "500ms", messages: 0 },
      { phase: "settle", hold: "500ms", messages: 0 },
      { phase: "steady", hold: `${over.seconds}s` },
    ],
    messages: { mix: [ECHO], ...over.messages },
    integrity: { stamp: true },
  };
}

describe("latency", () => {
  it("gives the percentiles of a known mixture of delays", { retry: 4 }, async () => {
    await using target = await startTarget({
      reply: {
        delay: {
          mixture: [
            { share: 0.9, delay: 20 },
            { share: 0.09, delay: 100 },
            { share: 0.01, delay: 400 },
          ],
        },
      },
    });
    using folder = scratch();
    const { exitCode, summary } = await runScenario(
      steady(target.url, { connections: 50, seconds: 10, messages: { total: "1000/s" } }),
      folder.path,
    );
    expect(exitCode).toBe(0);
    expect(summary?.messages.matched).toBe(10_000);
    // The target says how long each reply really took there. All but a few that a hiccup of this machine hit reach us
    // at most two milliseconds later where half of them are, and with what a busy machine adds wherever in the distribution: so every
    // percentile is right but for these few.
    const { replyTimes } = (await target.stats("?replyTimes=1")) as unknown as {
      replyTimes: { ms: Record<Percentile, number> & { count: number }; histogram: string };
    };
    expect(replyTimes.ms.count).toBe(10_000);
    const theirs = decodeFromCompressedBase64(replyTimes.histogram) as Histogram;
    // The log of the histogram has every second, also one in which the generator was saturated.
    const ours = latencyHistogram(folder.path);
    expect(ours.totalCount).toBe(10_000);
    for (let percent = 1; percent < 100 - HICCUPS_PERCENT; percent += 0.1) {
      const least = theirs.getValueAtPercentile(percent) / 1000;
      const most = theirs.getValueAtPercentile(percent + HICCUPS_PERCENT) / 1000;
      const said = ours.getValueAtPercentile(percent) / 1000;
      expect(said, `p${percent}`).toBeGreaterThanOrEqual(least * (1 - RESOLUTION));
      const added = percent > 50 ? TOLERANCE_MS + MACHINE_MS : TOLERANCE_MS;
      expect(said, `p${percent}`).toBeLessThanOrEqual(most * (1 + RESOLUTION) + added);
    }
    // The 90th and the 99th are the slowest replies of their groups, where one hiccup is all of the figure.
    for (const percentile of ["p50", "p95", "p999"] as const) {
      const difference =
        (summary?.messages.latencyMs?.[percentile] ?? Number.NaN) - replyTimes.ms[percentile];
      expect(difference, percentile).toBeLessThan(TOLERANCE_MS + MACHINE_MS);
    }
    // What was dialled is what was done, up to what the target's own timers add.
    expect(shareUpTo(ours, 19)).toBe(0);
    expect(shareUpTo(ours, 60)).toBeCloseTo(0.9, 2);
    expect(shareUpTo(ours, 250)).toBeCloseTo(0.99, 2);
  });

  it("counts the wait of messages that a pause kept from being sent", async () => {
    await using target = await startTarget({ pause: { everyMs: 5000, forMs: 1000, afterMs: 0 } });
    using folder = scratch();
    const { exitCode, summary } = await runScenario(
      steady(target.url, {
        connections: 50,
        // Two pauses, each with its whole period.
        seconds: 10,
        // Not more: what a pause has held back goes out at once, and the last of it waits for the first.
        messages: { rate: "10/s", inFlight: 1 },
      }),
      folder.path,
    );
    expect(exitCode).toBe(0);
    const { latencyMs, serviceMs, matched } = summary?.messages ?? {};
    expect(matched).toBe(summary?.messages.planned);
    // A fifth of the messages is intended during a pause of 1 s, evenly: the highest tenth of all waits
    // more than 500 ms, the highest hundredth more than 950 ms.
    expect(latencyMs?.p90).toBeGreaterThan(500 * 0.95);
    expect(latencyMs?.p90).toBeLessThan(500 * 1.05);
    expect(latencyMs?.p99).toBeGreaterThan(950 * 0.95);
    expect(latencyMs?.p99).toBeLessThan(950 * 1.05);
    // One message per connection and pause was under way; the others only waited to be sent.
    expect(serviceMs?.p90).toBeLessThan(100);
    expect(serviceMs?.p95).toBeLessThan(100);
  });
});

describe.concurrent("delivery", () => {
  it.each([
    ["drop", "lost", "dropped"],
    ["duplicate", "duplicated", "duplicated"],
    ["reorder", "reordered", "reordered"],
    ["corrupt", "corrupt", "corrupted"],
  ] as const)("says k where the target does k: %s", async (rule, measure, oracle) => {
    const k = 17;
    await using target = await startTarget({ reply: { [rule]: { every: 23, count: k } } });
    using folder = scratch();
    const { summary } = await runScenario(
      steady(target.url, {
        connections: 20,
        seconds: 3,
        messages: {
          rate: "20/s",
          mix: [{ ...ECHO, reply: { match: "echo", within: "1500ms" } }],
        },
      }),
      folder.path,
    );
    const stats = await target.stats();
    expect(stats.behaviours[oracle]).toBe(k);
    const { lost, duplicated, reordered, corrupt, late, leaked } = summary?.messages ?? {};
    const none = { lost: 0, duplicated: 0, reordered: 0, corrupt: 0, late: 0, leaked: 0 };
    expect({ lost, duplicated, reordered, corrupt, late, leaked }).toEqual({
      ...none,
      [measure]: k,
    });
    expect(summary?.validity.ledger.balanced).toBe(true);
    expect(summary?.messages.sent).toBe(stats.messagesIn);
    expect(summary?.messages.received).toBe(stats.messagesOut);
    expect(summary?.messages.bytesReceived).toBe(stats.bytesOut);
  });
});

describe("blame", () => {
  it("names the generator when its own core is taken from it", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const pin = spawnSync("taskset", ["-c", "0", "true"]).status === 0;
    const prefix = pin ? ["taskset", "-c", "0"] : [];
    const burners = Array.from({ length: pin ? 6 : 24 }, () => burn(prefix));
    try {
      const { exitCode, summary } = await runScenario(
        {
          target: target.url,
          load: [
            { phase: "open", ramp: "linear", to: 1000, over: "2s" },
            { phase: "steady", hold: "8s" },
          ],
          messages: { total: "30000/s", mix: [ECHO] },
        },
        folder.path,
        { prefix },
      );
      expect(exitCode).toBe(97);
      expect(summary?.verdict).toBe("invalid");
      expect(summary?.validity.reasons.join(" ")).toMatch(/generator/i);
      expect(summary?.findings.some(({ locus }) => locus === "generator")).toBe(true);
    } finally {
      for (const burner of burners) burner.kill("SIGKILL");
    }
  });

  it("names the target's failure, not the generator, when the target is slow", async () => {
    await using target = await startTarget({ reply: { delay: 300 } });
    using folder = scratch();
    const { exitCode, summary } = await runScenario(
      {
        ...steady(target.url, { connections: 100, seconds: 4, messages: { rate: "5/s" } }),
        thresholds: { latency: ["p95 < 200ms"] },
      },
      folder.path,
    );
    expect(exitCode).toBe(99);
    expect(summary?.verdict).toBe("fail");
    expect(summary?.validity).toMatchObject({ valid: true, reasons: [] });
    expect(summary?.thresholds[0]).toMatchObject({ passed: false });
    expect(summary?.thresholds[0]?.observed).toBeGreaterThanOrEqual(299);
  });
});

/** All corrected latencies of a run, as any HdrHistogram tool reads them. */
function latencyHistogram(folder: string): Histogram {
  const log = readFileSync(join(folder, "run/histograms/latency.hlog"), "utf8");
  const reader = new HistogramLogReader(log);
  const all = build({ highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 3 });
  for (let one = reader.nextIntervalHistogram(); one; one = reader.nextIntervalHistogram()) {
    all.add(one as Histogram);
  }
  return all;
}

function shareUpTo(histogram: Histogram, ms: number): number {
  let low = 0;
  let high = 100;
  if (histogram.getValueAtPercentile(0) > ms * 1000) return 0;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (histogram.getValueAtPercentile(middle) <= ms * 1000) low = middle;
    else high = middle;
  }
  return low / 100;
}

/** A process that takes all the time of a core it can get. */
function burn(prefix: readonly string[]): ChildProcess {
  const [command, ...args] = [...prefix, process.execPath, "-e", "for (;;);"];
  return spawn(command as string, args, { stdio: "ignore" });
}
