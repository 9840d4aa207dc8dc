/**
 * Goal: a run's exposition is one that Prometheus reads, complete and bounded, and the documents speak of nothing that is
 * not in it. Method: the strict reader of test/support over what the code makes of synthetic runs.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runMetrics } from "../../../coordinator/http/metrics/run-metrics.ts";
import {
  MAX_MESSAGES_NAMED,
  MAX_PHASES_NAMED,
  runMeasures,
  TIME_BOUNDS_US,
} from "../../../coordinator/live/measures.ts";
import type { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { exposition } from "../../../shared/exposition.ts";
import { PHASE_COUNTERS } from "../../../shared/stats/counters.ts";
import { CLOSE_CAUSES, FAILURE_KINDS } from "../../../shared/stats/failure-kind.ts";
import { type Family, histogramsOf, parseExposition } from "../../support/exposition.ts";
import { goodRun } from "../merge/synthetic-run.ts";
import { everywhere, troubledRun } from "../report/sample-runs.ts";

function scraped(fold: RunFold): ReadonlyMap<string, Family> {
  const measures = runMeasures(fold, { state: "running", elapsedUs: 5_000_000 });
  return parseExposition(exposition(runMetrics(measures)));
}

function text(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");
}

const good = scraped(goodRun());

function sum(name: string, labels: Record<string, string> = {}): number {
  const samples = good.get(name)?.samples ?? [];
  const fitting = samples.filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  expect(fitting.length, name).toBeGreaterThan(0);
  return fitting.reduce((total, { value }) => total + value, 0);
}

describe("the exposition of a run", () => {
  it("says what was counted", () => {
    expect(sum("onrush_run_connections_established_total")).toBe(4);
    expect(sum("onrush_run_messages_sent_total", { phase: "steady" })).toBe(32);
    expect(sum("onrush_run_mix_sent_total", { phase: "steady", message: "ask" })).toBe(16);
    expect(sum("onrush_run_connections_closed_total", { cause: "plan" })).toBe(4);
    expect(sum("onrush_run_state_info", { state: "running" })).toBe(1);
    expect(sum("onrush_run_phase_info", { phase: "steady" })).toBe(1);
    expect(sum("onrush_run_elapsed_seconds", { run: "r1" })).toBe(5);
    expect(sum("onrush_build_info")).toBe(1);
  });

  it("has a place for every counter, cause and kind", () => {
    const of = (name: string, label: string) =>
      new Set(good.get(name)?.samples.map(({ labels }) => labels[label]));
    expect(of("onrush_run_connections_closed_total", "cause")).toEqual(new Set(CLOSE_CAUSES));
    expect(of("onrush_run_failures_total", "kind")).toEqual(new Set(FAILURE_KINDS));
    // Numbers no other counter has: each must be told somewhere.
    const fold = goodRun();
    const measures = runMeasures(fold, { state: "running", elapsedUs: 0 });
    const counters = Object.fromEntries(
      PHASE_COUNTERS.map((counter, at) => [counter, 1_000_003 + at]),
    ) as (typeof measures.phases)[number]["counters"];
    const phases = measures.phases.map((phase) => ({ ...phase, counters }));
    const told = exposition(runMetrics({ ...measures, phases }));
    const missing = PHASE_COUNTERS.filter((counter) => {
      const value = counters[counter];
      return !told.includes(` ${value}\n`) && !told.includes(` ${value / 1000}\n`);
    });
    // By cause instead.
    expect(missing).toEqual(["closed"]);
  });

  it("has histograms whose counts are those of the run", () => {
    const name = "onrush_run_corrected_latency_seconds";
    const all = histogramsOf(name, good.get(name)?.samples ?? []);
    expect(all.map(({ labels }) => labels)).toEqual(
      ["warmup", "steady"].flatMap((phase) =>
        ["say", "ask"].map((message) => ({ run: "r1", phase, message })),
      ),
    );
    const steady = all.find(({ labels }) => labels["phase"] === "steady");
    // 500 us, 1 ms, 1.5 ms and 20 ms, in each of four seconds.
    expect(steady?.count).toBe(16);
    expect(steady?.buckets.find(({ le }) => le === 0.001)?.count).toBe(8);
    expect(steady?.buckets.filter(({ le }) => le < 0.0005).map(({ count }) => count)).toEqual(
      Array(4).fill(0),
    );
    expect(steady?.buckets).toHaveLength(TIME_BOUNDS_US.length + 1);
    expect(Math.abs((steady?.sum ?? 0) - 4 * 0.023)).toBeLessThan(4 * 0.023 * 0.001);
  });

  it("stays within its bound however large the scenario is", () => {
    const families = scraped(goodRun());
    const lines = (of: Iterable<Family>) =>
      [...of].reduce((total, { samples }) => total + samples.length, 0);
    // docs/metrics.md states the most there can be: every place is there from the first scrape on.
    const buckets = TIME_BOUNDS_US.length + 3;
    const [P, M] = [MAX_PHASES_NAMED + 1, MAX_MESSAGES_NAMED + 1];
    const counted = (p: number, m: number) =>
      buckets * (p * (2 * m + 9) + 3) + p * (41 + 3 + FAILURE_KINDS.length + 6 * m);
    expect(lines(families.values()) - counted(2, 2)).toBeLessThan(30);
    const most = Math.ceil((counted(P, M) + 30) / 1000) * 1000;
    expect(text("docs/metrics.md")).toContain(`${most.toLocaleString("en")} lines`);
  });

  it("holds nothing a target has said, and survives every name", () => {
    const hostile = 'x"} 1\n# TYPE evil counter\nevil_total 1 \\';
    const names = [...scraped(troubledRun(everywhere(hostile))).keys()];
    expect(names).toEqual([...good.keys()]);
    const said = exposition(
      runMetrics(
        runMeasures(troubledRun({ ...everywhere("fine"), signature: "SAID", detail: "SAID" }), {
          state: "running",
          elapsedUs: 0,
        }),
      ),
    );
    expect(said).not.toContain("SAID");
    expect(said).not.toContain("chat.example");
  });

  it("says who it is before there is a run", () => {
    expect([...parseExposition(exposition(runMetrics(null))).keys()]).toEqual([
      "onrush_build_info",
    ]);
  });

  it("is in the documents, every name of it, and the bounds too", () => {
    const document = text("docs/metrics.md");
    const missing = [...good.keys()].filter((name) => !document.includes(`\`${name}\``));
    expect(missing).toEqual([]);
    const named = new Set(document.match(/`onrush_run_\w+`/g)?.map((name) => name.slice(1, -1)));
    expect([...named].filter((name) => !good.has(name))).toEqual([]);
    const bounds = TIME_BOUNDS_US.map((boundUs) => String(boundUs / 1e6)).join(" ");
    expect(document.replaceAll("\n", " ")).toContain(bounds);
  });
});
