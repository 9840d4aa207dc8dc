/**
 * Goal: a run's metrics reach a collector while it goes on, the last ones are those of the summary, and nothing about a
 * collector changes the run. Method: the built command, OpenTelemetry's own exporter, and collectors on loopback that read
 * what it sends: one that takes it, one that refuses, one that never answers, and none.
 */

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { type Export, type Metric, startCollector } from "../support/collector.ts";
import { freePort } from "../support/ports.ts";
import {
  endedWell,
  onrush,
  type Result,
  runScenario,
  scratch,
  startTarget,
} from "../support/programs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const TOKEN = "Bearer-t0k3n-of-a-collector";

function scenario(url: string, over: object = {}) {
  const reply = { match: "echo", within: "2s" };
  return {
    target: url,
    load: [
      { phase: "warmup", ramp: "linear", to: 20, over: "1s", exclude: true },
      { phase: "steady", hold: "5s" },
    ],
    messages: {
      rate: "10/s",
      mix: [
        { name: "small", weight: 3, send: { binary: { size: 64 } }, reply },
        { name: "large", weight: 1, send: { binary: { size: 4096 } }, reply },
      ],
    },
    ...over,
  };
}

function metricOf({ metrics }: Export, name: string): Metric {
  const metric = metrics.get(name);
  if (metric === undefined) throw new Error(`no ${name}`);
  return metric;
}

function total(of: Export, name: string, attributes: Record<string, string> = {}): number {
  const { points } = metricOf(of, name);
  const wanted = points.filter((point) =>
    Object.entries(attributes).every(([key, value]) => point.attributes[key] === value),
  );
  expect(wanted.length, name).toBeGreaterThan(0);
  return wanted.reduce((sum, { value }) => sum + value, 0);
}

/** The exit code is the one of the run: on a busy machine the generator may have been the limit, a collector never is. */
function isOfItsOwn(result: Result): void {
  expect(result.exitCode).toBe(result.summary?.exitCode);
  expect(endedWell(result), result.stderr).toBe(true);
  expect(result.summary?.validity).toMatchObject({ ledger: { balanced: true }, framesMissing: 0 });
}

describe("a run that is pushed", () => {
  it("tells a collector what it counts, and at its end what its summary says", async () => {
    await using target = await startTarget();
    await using collector = await startCollector();
    using folder = scratch();
    const result = await runScenario(scenario(target.url), folder.path, {
      args: ["--out", `json,otlp=${collector.url}`],
      env: { OTEL_EXPORTER_OTLP_HEADERS: `authorization=${TOKEN}` },
    });
    isOfItsOwn(result);
    const { summary, stdout, stderr, runDirectory } = result;
    const { exports } = collector;
    expect(collector.faults).toEqual([]);
    expect(stderr).toContain(`metrics to ${collector.url}/v1/metrics\n`);
    expect(stderr).not.toContain("failed (");
    // At the start, while it went on, and at its end.
    expect(exports.length).toBeGreaterThanOrEqual(3);
    for (const { path, headers, resource } of exports) {
      expect(path).toBe("/v1/metrics");
      expect(headers.authorization).toBe(TOKEN);
      expect(headers["user-agent"]).toMatch(/^onrush\//);
      expect(resource).toMatchObject({ "service.name": "onrush", "onrush.run": summary?.run });
      expect(resource["service.version"]).toMatch(/^\d/);
    }
    grows(exports);
    const [first, during, last] = [exports[0], exports[1], exports.at(-1)];
    if (!first || !during || !last || !summary) throw new Error("no exports");
    expect(total(first, "onrush_run_messages_sent_total")).toBe(0);
    expect(total(during, "onrush_run_messages_sent_total")).toBeGreaterThan(0);
    expect(total(during, "onrush_run_messages_sent_total")).toBeLessThan(
      summary.messages.sent ?? 0,
    );
    isTheSummary(last, summary);
    expect(total(last, "onrush_run_state_info", { state: "done" })).toBe(1);
    // Nothing that was kept or shown holds the header.
    const kept = readdirSync(runDirectory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    for (const text of [stdout, stderr, ...kept]) expect(text).not.toContain(TOKEN);
  });

  /** Of one run, from one start, and nothing is ever taken back. */
  function grows(exports: readonly Export[]): void {
    const sums = (of: Export) => [...of.metrics.values()].filter(({ kind }) => kind === "sum");
    const start = sums(exports[0] as Export)[0]?.points[0]?.startNs;
    for (const [at, one] of exports.entries()) {
      const before = exports[at - 1];
      for (const { name, points, histograms } of one.metrics.values()) {
        for (const { startNs } of [...points, ...histograms]) expect(startNs).toBe(start);
        if (!before || metricOf(one, name).kind === "gauge") continue;
        const earlier = metricOf(before, name);
        expect(points.map(({ attributes }) => attributes)).toEqual(
          earlier.points.map(({ attributes }) => attributes),
        );
        for (const [place, { value, timeNs }] of points.entries()) {
          expect(value, name).toBeGreaterThanOrEqual(earlier.points[place]?.value ?? Number.NaN);
          expect(timeNs > (earlier.points[place]?.timeNs ?? 0n)).toBe(true);
        }
        for (const [place, { count }] of histograms.entries()) {
          expect(count).toBeGreaterThanOrEqual(earlier.histograms[place]?.count ?? Number.NaN);
        }
      }
    }
  }

  function isTheSummary(last: Export, { connections, messages, phases }: Summary): void {
    const counts: [name: string, reported: number | null][] = [
      ["onrush_run_connections_attempted_total", connections.attempted],
      ["onrush_run_connections_established_total", connections.established],
      ["onrush_run_connections_failed_total", connections.failed],
      ["onrush_run_messages_planned_total", messages.planned],
      ["onrush_run_messages_sent_total", messages.sent],
      ["onrush_run_messages_received_total", messages.received],
      ["onrush_run_messages_matched_total", messages.matched],
      ["onrush_run_sent_bytes_total", messages.bytesSent],
      ["onrush_run_received_bytes_total", messages.bytesReceived],
    ];
    for (const [name, reported] of counts) expect(total(last, name), name).toBe(reported);
    for (const [message, { sent }] of Object.entries(messages.byName)) {
      expect(total(last, "onrush_run_mix_sent_total", { message })).toBe(sent);
    }
    const { histograms, unit } = metricOf(last, "onrush_run_corrected_latency_seconds");
    expect(unit).toBe("s");
    const all = histograms.reduce((sum, { count }) => sum + count, 0);
    expect(all).toBe(messages.matched);
    const steady = histograms.filter(({ attributes }) => attributes["phase"] === "steady");
    const inSteady = phases.find(({ phase }) => phase === "steady")?.messages.matched;
    expect(steady.reduce((sum, { count }) => sum + count, 0)).toBe(inSteady);
  }

  it("is the run it would have been when collectors refuse, hang or are not there", async () => {
    await using target = await startTarget();
    await using refusing = await startCollector({
      status: 500,
      statusMessage: "Out of \u009b31mstore",
    });
    await using hanging = await startCollector({ status: 0 });
    using folder = scratch();
    const gone = `http://127.0.0.1:${await freePort()}`;
    const outputs = [{ otlp: refusing.url }, { otlp: `${hanging.url}/else/where` }, { otlp: gone }];
    const result = await runScenario(scenario(target.url, { outputs }), folder.path);
    isOfItsOwn(result);
    const { stderr } = result;
    for (const [url, reason] of [
      [`${refusing.url}/v1/metrics`, "HTTP 500 "],
      [`${hanging.url}/else/where`, "Request timed out"],
      [`${gone}/v1/metrics`, "ECONNREFUSED"],
    ] as const) {
      const lines = stderr.split("\n").filter((line) => line.includes(url));
      expect(lines).toHaveLength(3);
      const [begin, noted = "", end = ""] = lines;
      expect(begin).toBe(`metrics to ${url}`);
      expect(noted).toContain(`failed (`);
      expect(noted).toContain(reason);
      expect(noted).toContain("the run goes on");
      const [, failed, tried] = /(\d+) of (\d+) exports failed/.exec(end) ?? [];
      expect(failed).toBe(tried);
      expect(end).toContain("no end of this run");
    }
    expect(stderr).not.toContain("\u009b");
    expect(stderr).toContain("Out of  31mstore");
    expect(refusing.faults).toEqual([]);
    expect(hanging.exports[0]?.path).toBe("/else/where");
  });
});

describe("a collector", () => {
  it("that cannot be is wrong usage, and its password is not shown", async () => {
    using folder = scratch();
    const file = join(folder.path, "s.json");
    writeFileSync(file, JSON.stringify({ version: 1, ...scenario("ws://127.0.0.1:9/") }));
    for (const [url, why] of [
      ["http://me:s3cr3t@127.0.0.1:4318", "OTEL_EXPORTER_OTLP_HEADERS"],
      ["ftp://127.0.0.1", "http:// or https://"],
      ["", "not the URL"],
    ] as const) {
      const { exitCode, stderr, stdout } = await onrush(["run", file, "--out", `otlp=${url}`]);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(why)]);
      expect(stdout + stderr).not.toContain("s3cr3t");
    }
    const report = await onrush(["report", folder.path, "--out", "otlp"]);
    expect([report.exitCode, report.stderr]).toEqual([2, expect.stringContaining("is not one of")]);
  });

  it("is not pushed to without the package: exit 98 before any load", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const copy = copyWithoutOtlp(folder.path);
    const file = join(folder.path, "s.json");
    writeFileSync(file, JSON.stringify({ version: 1, name: "s", ...scenario(target.url) }));
    const runDirectory = join(folder.path, "run");
    const args = [copy, "run", file, "--run-dir", runDirectory, "--out", "otlp"];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(status, stderr).toBe(98);
    expect(stderr).toContain("ONRUSH_OTLP_UNAVAILABLE");
    expect(stderr).toContain("npm install @opentelemetry/exporter-metrics-otlp-http@0.223");
    expect(existsSync(runDirectory)).toBe(false);
    expect((await target.now()).accepted).toBe(0);
  });

  /** The built program beside all packages but the one. @returns its entry */
  function copyWithoutOtlp(folder: string): string {
    cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
    cpSync(join(root, "package.json"), join(folder, "package.json"));
    mkdirSync(join(folder, "node_modules"));
    const packages = readdirSync(join(root, "node_modules"));
    expect(packages).toContain("@opentelemetry");
    for (const name of packages.filter((one) => one !== "@opentelemetry")) {
      symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
    }
    return join(folder, "dist/coordinator/cli/main.js");
  }
});
