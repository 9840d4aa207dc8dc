/**
 * Goal: the dashboard and the alerts of deploy/ ask for nothing a run does not expose, in no way its type does not bear.
 * Method: every word of every expression is one of PromQL, a metric or a label; metrics and labels are held against the
 * expositions of a synthetic run and of a coordinator, read by the strict reader; and the check is shown expressions that are wrong.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { metricsOf } from "../../../coordinator/http/metrics/coordinator-metrics.ts";
import { runMetrics } from "../../../coordinator/http/metrics/run-metrics.ts";
import { runMeasures } from "../../../coordinator/live/measures.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import type { Service } from "../../../coordinator/service/service.ts";
import { exposition } from "../../../shared/exposition.ts";
import { type Family, parseExposition } from "../../support/exposition.ts";
import { begun, facts, goodFrames, merge } from "../merge/synthetic-run.ts";

function text(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");
}

/** Of a run that goes on: what is of the last second is there, too. */
function underWay(): ReadonlyMap<string, Family> {
  const fold = new RunFold(facts());
  begun(fold);
  merge(fold, 1, goodFrames().slice(0, -1));
  const measures = runMeasures(fold, { state: "running", elapsedUs: 5_000_000 });
  return parseExposition(exposition(runMetrics(measures)));
}

/** Of a coordinator on whose bus a record was refused. */
async function ofCoordinator(): Promise<ReadonlyMap<string, Family>> {
  const refusals = { groups: [{ kind: "status", reason: "key", count: 1 }] };
  const service = { entries: [], fleet: { sessions: [], waiting: [], wanted: 0, refusals } };
  return parseExposition(await metricsOf(service as unknown as Service, () => true)());
}

/** A name that can stand in an expression. */
interface Series {
  readonly kind: "counter" | "gauge" | "bucket";
  readonly labels: ReadonlySet<string>;
}

function seriesOf(families: ReadonlyMap<string, Family>): ReadonlyMap<string, Series> {
  const series = new Map<string, { kind: Series["kind"]; labels: Set<string> }>();
  for (const { type, samples } of families.values()) {
    for (const { name, labels } of samples) {
      const kind = name.endsWith("_bucket") ? "bucket" : type === "gauge" ? "gauge" : "counter";
      // Prometheus adds where it scraped.
      const one = series.get(name) ?? { kind, labels: new Set(["instance", "job"]) };
      for (const label of Object.keys(labels)) one.labels.add(label);
      series.set(name, one);
    }
  }
  return series;
}

const known = new Map([...seriesOf(underWay()), ...seriesOf(await ofCoordinator())]);

/** Of PromQL, as far as it is used here. */
const WORDS = new Set(
  "sum by on and rate increase histogram_quantile avg_over_time label_values".split(" "),
);
const SELECTOR = /([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?\s*(\[[^\]]*\])?/g;
const MATCHER = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"[^"]*"/g;

/** Metrics an expression names, with what they stand in; anything else that is no word of PromQL is a metric, too. */
function selectorsOf(expression: string) {
  // Labels it groups by, or asks the values of, are looked at elsewhere.
  const bare = expression
    .replaceAll(/\b(?:by|on)\s*\([^)]*\)/g, "")
    .replace(/^(label_values\(.*),\s*\w+\s*\)$/, "$1)");
  return [...bare.matchAll(SELECTOR)].flatMap((match) => {
    const [, name = "", matchers = "", range] = match;
    if (WORDS.has(name)) return [];
    const around = bare.slice(0, match.index);
    const labels = [...matchers.matchAll(MATCHER)].map(([, label = ""]) => label);
    return [{ name, labels, range, by: /(\w+)\(\s*$/.exec(around)?.[1] ?? "" }];
  });
}

/** Labels it groups or joins by, or asks the values of. */
function groupedBy(expression: string): string[] {
  const grouped = [...expression.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, of = ""]) =>
    of.split(","),
  );
  const valuesOf = /^label_values\(.*,\s*(\w+)\s*\)$/.exec(expression)?.[1];
  return [...grouped, ...(valuesOf === undefined ? [] : [valuesOf])].map((label) => label.trim());
}

/** What is wrong with an expression, and with the labels it is shown by. */
function wrong(expression: string, shownBy = ""): string[] {
  const selectors = selectorsOf(expression);
  if (selectors.length === 0) return [`nothing is asked for: ${expression}`];
  const shown = [...shownBy.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = ""]) => label);
  const wanted = [...groupedBy(expression), ...shown];
  return selectors.flatMap(({ name, labels, range, by }) => {
    const series = known.get(name);
    if (series === undefined) return [`no metric ${name}`];
    const counts = series.kind !== "gauge";
    const rated = by === "rate" || by === "increase";
    return [
      ...[...labels, ...wanted]
        .filter((label) => !series.labels.has(label))
        .map((label) => `${name} has no label ${label}`),
      ...(rated && !counts ? [`${name} is a gauge and has no rate`] : []),
      ...(rated !== (range !== undefined && by !== "avg_over_time") ? [`a range of ${name}`] : []),
      ...(series.kind === "bucket" && !groupedBy(expression).includes("le") && !unsummed(expression)
        ? [`${name} without le`]
        : []),
      ...(expression.includes("histogram_quantile") && series.kind !== "bucket"
        ? [`${name} is no bucket`]
        : []),
    ];
  });
}

/** le goes only where it is summed over. */
function unsummed(expression: string): boolean {
  return !/\bsum\b/.test(expression);
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: object;
  readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly datasource: object;
  }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly datasource?: object;
  readonly definition?: string;
  readonly query: string | { readonly query: string };
}

describe("the dashboard", () => {
  const dashboard = JSON.parse(text("deploy/grafana/onrush.json")) as {
    schemaVersion: number;
    panels: Panel[];
    templating: { list: Variable[] };
  };
  const { panels, templating } = dashboard;
  const charts = panels.filter(({ type }) => type !== "row");
  const targets = charts.flatMap((panel) => panel.targets ?? []);

  it("asks for metrics and labels there are, each in the way of its type", () => {
    expect(targets.length).toBeGreaterThan(40);
    expect(targets.flatMap(({ expr, legendFormat }) => wrong(expr, legendFormat))).toEqual([]);
  });

  it("has variables for the data source, the run and the phase, and uses them", () => {
    expect(templating.list.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      "datasource: datasource",
      "run: query",
      "phase: query",
    ]);
    const queries = templating.list.filter(({ type }) => type === "query");
    for (const { name, datasource, definition = "", query } of queries) {
      expect(wrong(definition), name).toEqual([]);
      expect(query).toMatchObject({ query: definition });
      expect(datasource).toEqual({ type: "prometheus", uid: `\${datasource}` });
    }
    for (const { title, datasource, targets: own = [] } of charts) {
      expect(own.length, title).toBeGreaterThan(0);
      for (const of of [{ datasource }, ...own]) {
        expect(of.datasource, title).toEqual({ type: "prometheus", uid: `\${datasource}` });
      }
    }
    for (const { expr } of targets) {
      for (const { name, labels } of selectorsOf(expr)) {
        // What is of a run is shown of the one that was chosen; the rest is of a coordinator.
        const byRun = known.get(name)?.labels.has("run") === true;
        expect(labels.includes("run"), expr).toBe(byRun);
        expect(byRun || !name.startsWith("onrush_run_"), expr).toBe(true);
        // What is told by phase is shown by phase.
        const byPhase = known.get(name)?.labels.has("phase") && !name.endsWith("_info");
        expect(labels.includes("phase"), expr).toBe(byPhase);
      }
      const used = [...expr.matchAll(/(\w+)=~"\$(\w+)"/g)].map(([, label, name]) => [label, name]);
      expect(
        used.every(([label, name]) => label === name),
        expr,
      ).toBe(true);
    }
  });

  it("has panels of their own id that do not overlap", () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
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
    groups: {
      name: string;
      rules: { alert: string; expr: string; annotations: Record<string, string> }[];
    }[];
  };
  const rules = groups.flatMap((group) => group.rules);

  it("ask for metrics and labels there are, and each says what it means", () => {
    expect(rules.map(({ alert }) => alert)).toEqual([
      "OnrushGeneratorSaturated",
      "OnrushMessagesSkipped",
      "OnrushRunWithoutFrames",
    ]);
    for (const { expr, annotations } of rules) {
      const said = Object.values(annotations).join(" ");
      const labels = [...said.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => `{{${label}}}`);
      expect(labels.length).toBeGreaterThan(0);
      expect(wrong(expr, labels.join(""))).toEqual([]);
      expect(Object.keys(annotations)).toEqual(["summary", "description"]);
    }
  });
});

describe("the check of both", () => {
  it.each([
    ["rate(onrush_run_nothing_total[1m])", "no metric onrush_run_nothing_total"],
    ["sum(rate(onrsh_run_messages_sent_total[1m]))", "no metric onrsh_run_messages_sent_total"],
    ["onrush_run_corrected_latency_seconds", "no metric onrush_run_corrected_latency_seconds"],
    ["rate(onrush_run_messages_sent_total_bucket[1m])", "no metric onrush_run_messages_sent_tot"],
    ['onrush_run_workers{phase="a"}', "onrush_run_workers has no label phase"],
    ["sum by (cause) (onrush_run_workers)", "onrush_run_workers has no label cause"],
    ["label_values(onrush_run_workers, phase)", "onrush_run_workers has no label phase"],
    ["rate(onrush_run_workers[1m])", "onrush_run_workers is a gauge"],
    ["rate(onrush_run_messages_sent_total)", "a range of onrush_run_messages_sent_total"],
    ["sum by (run) (rate(onrush_run_ping_seconds_bucket[1m]))", "seconds_bucket without le"],
    ["histogram_quantile(0.9, onrush_run_ping_seconds_sum)", "_sum is no bucket"],
    ["1 + 1", "nothing is asked for"],
  ])("finds what is wrong with %s", (expression, fault) => {
    expect(wrong(expression).join("; ")).toContain(fault);
  });

  it("finds a label that is shown and not there, and nothing wrong with what is right", () => {
    expect(wrong("onrush_run_workers", "{{phase}}")).toEqual([
      "onrush_run_workers has no label phase",
    ]);
    expect(wrong("onrush_run_workers > 1", "{{run}} {{instance}}")).toEqual([]);
  });
});
