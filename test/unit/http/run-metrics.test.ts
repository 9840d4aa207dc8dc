/**
 * Goal: a run's exposition is one that Prometheus reads, complete and bounded, and the documents, the dashboard and the
 * alerts speak of nothing that is not in it. Method: the strict reader of test/support over what the code makes of
 * synthetic runs.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exposition } from "../../../coordinator/http/exposition.ts";
import { runMetrics } from "../../../coordinator/http/run-metrics.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import {
  MAX_MESSAGES_TOLD,
  MAX_PHASES_TOLD,
  runMeasures,
  TIME_BOUNDS_US,
} from "../../../coordinator/run/measures.ts";
import { PHASE_COUNTERS } from "../../../shared/stats/counters.ts";
import { CLOSE_CAUSES, FAILURE_KINDS } from "../../../shared/stats/failure-kind.ts";
import { type Family, histogramsOf, parseExposition } from "../../support/exposition.ts";
import { begun, facts, goodFrames, goodRun, merge } from "../merge/synthetic-run.ts";
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
    const missing = PHASE_COUNTERS.filter((counter) => !told.includes(` ${counters[counter]}\n`));
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
    const [P, M] = [MAX_PHASES_TOLD + 1, MAX_MESSAGES_TOLD + 1];
    const counted = (p: number, m: number) =>
      buckets * (p * (2 * m + 9) + 2) + p * (23 + 3 + FAILURE_KINDS.length + 3 * m);
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

/** Of a run that goes on: what is of the last second is there, too. */
function underWay(): ReadonlyMap<string, Family> {
  const fold = new RunFold(facts());
  begun(fold);
  merge(fold, 1, goodFrames().slice(0, -1));
  return scraped(fold);
}

const during = underWay();

/** Names of metrics as they stand in expressions, and the labels each is asked for. */
function asked(expression: string): { name: string; labels: string[] }[] {
  return [...expression.matchAll(/\b(onrush_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = "", of = ""]) => ({
      name,
      labels: [...of.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
    }),
  );
}

/** What of an expression no exposition has. */
function unknown(expression: string): string[] {
  return asked(expression).flatMap(({ name, labels }) => {
    const samples = [...during.values()].flatMap((family) => family.samples);
    const known = samples.filter((sample) => sample.name === name);
    if (known.length === 0) return [name];
    const has = (label: string) => known.some((sample) => label in sample.labels);
    const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, by = ""]) =>
      by.split(",").map((label) => label.trim()),
    );
    // Prometheus adds where it scraped.
    const wanted = [...labels, ...grouped].filter((label) => !["instance", "job"].includes(label));
    return wanted.filter((label) => !has(label)).map((label) => `${name}{${label}}`);
  });
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { readonly expr: string }[];
}

describe("the dashboard", () => {
  const dashboard = JSON.parse(text("deploy/grafana/onrush.json")) as {
    schemaVersion: number;
    panels: Panel[];
    templating: { list: { name: string; definition?: string }[] };
  };
  const expressions = [
    ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.flatMap(({ definition = "" }) => definition || []),
  ];

  it("asks for metrics and labels there are", () => {
    expect(expressions.length).toBeGreaterThan(30);
    expect(expressions.filter((expr) => asked(expr).length === 0)).toEqual([]);
    expect(expressions.flatMap(unknown)).toEqual([]);
  });

  it("is a dashboard: version, variables, panels of their own id that do not overlap", () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual([
      "datasource",
      "run",
      "phase",
    ]);
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { gridPos, title } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false);
          expect(x).toBeLessThan(24);
          taken.add(`${x},${y}`);
        }
      }
    }
    expect(panels.some(({ type }) => type === "heatmap")).toBe(true);
  });
});

describe("the alerts", () => {
  const { groups } = parse(text("deploy/prometheus/rules.yml")) as {
    groups: { name: string; rules: { alert: string; expr: string; annotations: object }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);

  it("ask for metrics and labels there are, and each says what it means", () => {
    expect(rules.map(({ alert }) => alert)).toEqual([
      "OnrushGeneratorSaturated",
      "OnrushMessagesSkipped",
      "OnrushRunWithoutFrames",
    ]);
    expect(rules.flatMap(({ expr }) => unknown(expr))).toEqual([]);
    for (const { expr, annotations } of rules) {
      expect(asked(expr).length).toBeGreaterThan(0);
      expect(Object.keys(annotations)).toEqual(["summary", "description"]);
    }
  });

  it("and the check of them finds what is not there", () => {
    expect(unknown("rate(onrush_run_nothing_total[1m])")).toEqual(["onrush_run_nothing_total"]);
    expect(unknown('onrush_run_workers{phase="a"}')).toEqual(["onrush_run_workers{phase}"]);
    expect(unknown("sum by (cause) (onrush_run_workers)")).toEqual(["onrush_run_workers{cause}"]);
  });
});
