/**
 * Goal: a run can be scraped from its start to its end, in Prometheus' own format, and what is told never says more than the
 * run's summary. Method: the built command against the bundled target, scraped all the while; the last scrape is held
 * against summary.json and the HdrHistogram log.
 */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { build, type Histogram, HistogramLogReader, type JsHistogram } from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { type Family, histogramsOf, parseExposition } from "../support/exposition.ts";
import { freePort } from "../support/ports.ts";
import {
  endedWell,
  onrush,
  type Result,
  runScenario,
  scratch,
  startTarget,
} from "../support/programs.ts";

const LATENCY = "onrush_run_corrected_latency_seconds";

function scenario(url: string, over: object = {}) {
  return {
    target: url,
    load: [
      { phase: "warmup", ramp: "linear", to: 30, over: "1s", exclude: true },
      { phase: "steady", hold: "4s" },
    ],
    messages: {
      rate: "10/s",
      mix: [
        { name: "small", weight: 3, ...echo(64) },
        { name: "large", weight: 1, ...echo(4096) },
      ],
    },
    integrity: { stamp: true },
    ...over,
  };
}

function echo(size: number) {
  return { send: { binary: { size } }, reply: { match: "echo", within: "2s" } };
}

type Scrape = ReadonlyMap<string, Family>;

interface Scraped extends Result {
  readonly scrapes: readonly Scrape[];
  readonly url: string;
}

/** Scrapes as soon as the address is told, and again and again until nobody answers. */
async function runAndScrape(
  value: object,
  folder: string,
  args: readonly string[],
): Promise<Scraped> {
  const scrapes: Scrape[] = [];
  let url = "";
  let scraping: Promise<void> = Promise.resolve();
  const onStart = (child: ChildProcess) => {
    let told = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      if (url !== "") return;
      told += chunk.toString();
      url = /metrics on (http:\S+)\n/.exec(told)?.[1] ?? "";
      if (url !== "") scraping = scrapeAll(url, scrapes);
    });
  };
  const result = await runScenario(value, folder, { args, onStart });
  await scraping;
  return { ...result, scrapes, url };
}

async function scrapeAll(url: string, scrapes: Scrape[]): Promise<void> {
  for (;;) {
    let text: string;
    try {
      const answer = await fetch(url);
      expect(answer.status).toBe(200);
      text = await answer.text();
    } catch {
      return;
    }
    scrapes.push(parseExposition(text));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function total(
  scrape: Scrape | undefined,
  name: string,
  labels: Record<string, string> = {},
): number {
  const samples = scrape?.get(name)?.samples ?? [];
  return samples
    .filter(({ labels: of }) => Object.entries(labels).every(([key, value]) => of[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

function histograms(scrape: Scrape | undefined, name: string) {
  return histogramsOf(name, scrape?.get(name)?.samples ?? []);
}

/** All latencies of the log, microseconds, as the reference package reads them. */
function latencyLog(runDirectory: string): JsHistogram {
  const log = readFileSync(join(runDirectory, "histograms/latency.hlog"), "utf8");
  const reader = new HistogramLogReader(log);
  const all = build({ highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 3 });
  for (let one = reader.nextIntervalHistogram(); one; one = reader.nextIntervalHistogram()) {
    all.add(one as Histogram);
  }
  return all as JsHistogram;
}

describe("a run that is scraped", () => {
  it("tells what it counts while it goes on, and nothing it does not report", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const result = await runAndScrape(scenario(target.url), folder.path, [
      "--out",
      "prometheus=:0",
    ]);
    const { scrapes, summary, stderr, url, runDirectory } = result;
    expect(endedWell(result), stderr).toBe(true);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const told = scrapes.filter((scrape) => scrape.has("onrush_run_frames_total"));
    expect(told.length).toBeGreaterThan(10);
    grows(told);
    isWhatWasReported(told.at(-1), summary as Summary);
    isWithinTheLog(told.at(-1), latencyLog(runDirectory));
    // While it went on: connections, the phase, and counts that were not the last ones.
    const during = told.find((scrape) => total(scrape, "onrush_run_connections_open") === 30);
    expect(total(during, "onrush_run_phase_info", { phase: "steady" })).toBe(1);
    expect(total(during, "onrush_run_state_info", { state: "running" })).toBe(1);
    expect(total(during, "onrush_run_messages_sent_total")).toBeGreaterThan(0);
    expect(total(during, "onrush_run_messages_sent_total")).toBeLessThan(
      summary?.messages.sent ?? 0,
    );
  });

  /** Nothing is ever taken back. */
  function grows(scrapes: readonly Scrape[]): void {
    for (const [at, scrape] of scrapes.entries()) {
      const before = scrapes[at - 1];
      if (!before) continue;
      expect([...scrape.keys()]).toEqual([...before.keys()]);
      for (const [name, { type, samples }] of scrape) {
        if (type === "gauge") continue;
        const earlier = before.get(name)?.samples ?? [];
        expect(samples.map(({ labels }) => labels)).toEqual(earlier.map(({ labels }) => labels));
        const fell = samples.filter(({ value }, place) => value < (earlier[place]?.value ?? 0));
        expect(fell, name).toEqual([]);
      }
    }
  }

  function isWhatWasReported(last: Scrape | undefined, { connections, messages }: Summary): void {
    const counts: [name: string, reported: number | null][] = [
      ["onrush_run_connections_attempted_total", connections.attempted],
      ["onrush_run_connections_established_total", connections.established],
      ["onrush_run_connections_failed_total", connections.failed],
      ["onrush_run_messages_planned_total", messages.planned],
      ["onrush_run_messages_sent_total", messages.sent],
      ["onrush_run_messages_received_total", messages.received],
      ["onrush_run_messages_matched_total", messages.matched],
      ["onrush_run_messages_lost_total", messages.lost],
      ["onrush_run_messages_duplicated_total", messages.duplicated],
      ["onrush_run_sent_bytes_total", messages.bytesSent],
      ["onrush_run_received_bytes_total", messages.bytesReceived],
    ];
    for (const [name, reported] of counts) {
      expect(total(last, name), name).toBeLessThanOrEqual(reported ?? 0);
    }
    expect(total(last, "onrush_run_connections_established_total")).toBe(30);
    for (const [message, { sent }] of Object.entries(messages.byName)) {
      const told = total(last, "onrush_run_mix_sent_total", { message });
      expect(told).toBeLessThanOrEqual(sent);
      expect(told).toBeGreaterThan(sent / 2);
    }
  }

  function isWithinTheLog(last: Scrape | undefined, log: JsHistogram): void {
    const all = histograms(last, LATENCY);
    expect(all.map(({ labels }) => `${labels["phase"]} ${labels["message"]}`)).toEqual([
      "warmup small",
      "warmup large",
      "steady small",
      "steady large",
    ]);
    const bounds = (all[0]?.buckets ?? []).map(({ le }) => le);
    expect(bounds.length).toBeGreaterThan(30);
    for (const [at, le] of bounds.entries()) {
      const told = all.reduce((sum, { buckets }) => sum + (buckets[at]?.count ?? 0), 0);
      expect(told, `up to ${le} s`).toBeLessThanOrEqual(upTo(log, le * 1e6));
    }
    const told = all.reduce((sum, { count }) => sum + (count ?? 0), 0);
    expect(told).toBeGreaterThan(log.totalCount / 2);
  }

  function upTo(log: JsHistogram, boundUs: number): number {
    if (boundUs === Number.POSITIVE_INFINITY) return log.totalCount;
    let count = 0;
    const last = log.countsArrayIndex(Math.round(boundUs));
    for (let at = 0; at <= last; at++) count += log.getCountAtIndex(at);
    return count;
  }

  it("says why connections failed", async () => {
    await using target = await startTarget({ upgrade: { refuse: [{ status: 503, share: 1 }] } });
    using folder = scratch();
    const { scrapes, summary } = await runAndScrape(
      scenario(target.url, { outputs: [{ prometheus: "localhost:0" }] }),
      folder.path,
      [],
    );
    const last = scrapes.at(-1);
    const told = total(last, "onrush_run_failures_total", { kind: "upgrade-status" });
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(summary?.connections.failedByKind["upgrade-status"] ?? 0);
    expect(total(last, "onrush_run_failures_total", { kind: "tcp-refused" })).toBe(0);
  });
});

describe("the address of a run", () => {
  it("that is taken ends it before any load: exit 98", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const port = await freePort();
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    const { exitCode, stderr, runDirectory } = await runScenario(
      scenario(target.url),
      folder.path,
      { args: ["--out", `json,prometheus=:${port}`] },
    );
    other.close();
    expect(exitCode).toBe(98);
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${port}`);
    expect(stderr).toContain("ONRUSH_ADDRESS_UNUSABLE");
    expect(stderr).toContain("--out prometheus=");
    expect(existsSync(runDirectory)).toBe(false);
    expect((await target.now()).accepted).toBe(0);
  });

  it("that is none is wrong usage, and a report is never scraped", async () => {
    using folder = scratch();
    const file = join(folder.path, "s.json");
    writeFileSync(file, JSON.stringify({ version: 1, ...scenario("ws://127.0.0.1:9/") }));
    const wrong = await onrush(["run", file, "--out", "prometheus=here"]);
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("HOST:PORT")]);
    const report = await onrush(["report", folder.path, "--out", "prometheus=:0"]);
    expect([report.exitCode, report.stderr]).toEqual([2, expect.stringContaining("is not one of")]);
  });
});
