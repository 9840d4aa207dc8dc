/**
 * Goal: every section renders in every format from every kind of run: without error, bounded, with what is not ours escaped,
 * and in a terminal within 80 columns. Method: each section of the registry alone, over sample runs, runs on disk of every
 * released version, and runs whose every foreign text is hostile; a section that has nothing of its own shows what a new one gets.
 */
import { readdirSync } from "node:fs";
import { parse as parseCsv } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { summaryText } from "../../../coordinator/cli/terminal/report-text.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { resultsCsv } from "../../../coordinator/report/formats/csv.ts";
import { junitXml } from "../../../coordinator/report/formats/junit.ts";
import { reportMarkdown } from "../../../coordinator/report/formats/markdown.ts";
import { blockHtml } from "../../../coordinator/report/html/blocks.ts";
import { buildReportModel, type ReportModel } from "../../../coordinator/report/model/model.ts";
import { column, prose, table, text } from "../../../coordinator/report/outline/block.ts";
import {
  allBlocks,
  type OutlineSection,
  outlineOf,
} from "../../../coordinator/report/outline/outline.ts";
import { SECTIONS } from "../../../coordinator/report/outline/registry.ts";
import {
  type Facts,
  FORMATS,
  type Format,
  type Section,
} from "../../../coordinator/report/outline/section.ts";
import { sectionNodes } from "../../../coordinator/report/pdf/plain-pdf.ts";
import { rebuildRun } from "../../../coordinator/report/rebuild.ts";
import { facts, goodRun } from "../merge/synthetic-run.ts";
import { everywhere, refusedRun, troubledRun } from "./sample-runs.ts";

const HOSTILE = `</script><img src=x onerror=alert(1)>\u001b[2J\u202e\u0007 =cmd|' /c'!A1 [x](http://y) | @all ${"w".repeat(5000)}`;
const HIDDEN = /(?!\n)[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
/** Of one section in one format. */
const MAX_CHARS = 400_000;

const modelOf = (fold: RunFold) =>
  buildReportModel(fold, { scenarioText: "version: 1\n", notes: [] });

/** With everything a run may have beside the usual. */
function rich(model: ReportModel): ReportModel {
  const capacity = {
    ...{ tested: 450, knee: null, limit: 438, sustainable: 425 },
    basis: `connections by plan; 425 held twice; ${HOSTILE}`,
  };
  const target = { attempted: 4, established: 3, failed: 1, dropped: 1, reconnects: 0, sent: 7 };
  const replies = { expected: 7, matched: 5, timedOut: 1, unanswered: 1, upMs: 9, downMs: 1 };
  const level = { phase: HOSTILE, connections: 60, purpose: "climb", verdict: "broken" } as const;
  const none = { firstMs: null, medianMs: null, lastMs: null, spreadMs: null };
  const receivers = {
    messages: 9,
    members: 9,
    reached: 7,
    left: 1,
    missed: 1,
    share: 7 / 8,
    ...none,
  };
  const reach = {
    ...{ ...receivers, others: 1, repeated: 1, late: 1, oneIn: 2 },
    bySize: [{ from: 2, to: 10, ...receivers }],
    unreached: [{ scope: HOSTILE, sentAtMs: 1200, missed: 1, connections: [7] }],
  };
  const scopes = { count: 1, top: [{ scope: HOSTILE, received: 9, members: 3 }] };
  const one = {
    received: 9,
    latencyMs: null,
    clockErrorMs: null,
    withheld: HOSTILE,
    scopes,
    reach,
  };
  const push = { [HOSTILE]: one };
  const rate = { perHour: 36, interval: { low: 20, high: 50 } };
  const survival = {
    ...{ connections: 90, ended: 40, known: 30, moments: 7.5, medianMs: 30_000 },
    left: [{ ageMs: 30_000, share: 0.5, interval: { low: 0.4, high: 0.6 } }],
    hazard: [{ fromMs: 0, toMs: 1000, ended: 1.5, openSeconds: 40, ...rate }],
    targets: [{ target: HOSTILE, ended: 30, expected: 20.5, p: 0.0004 }],
  };
  const moment = { phase: HOSTILE, at: 60_000, from: 58_000, to: 61_000, before: 0.1, after: 1234 };
  const onsets = (["failure", "reconnects", "not-served", "latency"] as const).map((what, at) => {
    const of = what === "reconnects" ? null : HOSTILE;
    return { place: at + 1, what, of, ...moment, periodSeconds: 30, fault: HOSTILE };
  });
  const band = { estimate: 5, low: 4, high: 6 };
  const forecasts = (["reached", "reaches", "later", "grows", "none"] as const).map((outcome) => ({
    ...{ figure: HOSTILE, of: "target" as const, limit: 9, outcome, why: null },
    ...{ from: 1000, to: 60_000, readings: 60, blocks: 15, first: 4, last: 5 },
    ...{ reach: 90_000, earliest: 80_000, latest: null, horizon: 240_000, perHour: band },
    ...{ perConnectionHour: band, perMessage: band },
    backTest: { covered: 9, of: 10, errorRatio: 0.4 },
  }));
  const figure = { name: HOSTILE, of: "target", limit: 9 } as const;
  const points = [
    { ms: 0, share: 0 },
    { ms: 900, share: 0.96 },
  ];
  return {
    ...model,
    survivalCurve: [
      { ms: 0, share: 1, band: { low: 1, high: 1 } },
      { ms: 30_000, share: 0.5, band: { low: 0.4, high: 0.6 } },
    ],
    forecastCharts: [
      {
        ...{ figure, readings: [{ at: 1, value: 4 }] },
        band: [
          { at: 1, ...band },
          { at: 90, ...band },
        ],
      },
    ],
    recovery: [{ id: HOSTILE, affected: 50, points }],
    summary: { ...model.summary, capacity, push, survival, onsets, forecasts },
    targets: [HOSTILE, "us"].map((name) => ({ target: name, ...target, ...replies })),
    levels: [60, 70, 80].map((connections) => ({
      ...level,
      ...{ connections, latencyMs: connections / 10, latencyOf: HOSTILE, reason: HOSTILE, at: 2 },
    })),
  };
}

const RUNS: Readonly<Record<string, Facts>> = {
  "a good run": modelOf(goodRun()),
  "a troubled run": modelOf(troubledRun()),
  "a run nobody got into": modelOf(refusedRun()),
  "a run that never began": modelOf(new RunFold(facts())),
  "a hostile run": rich(modelOf(troubledRun(everywhere(HOSTILE)))),
  "a summary alone": { summary: modelOf(goodRun()).summary },
};
const stored = new URL("../../fixtures/runs/", import.meta.url);
/** Each rebuilt once: it is the same to every section. */
const versions = await Promise.all(
  readdirSync(stored).map(async (version) => {
    const { model } = await rebuildRun(new URL(`${version}/`, stored).pathname);
    return [version, model] as const;
  }),
);

/** What a new section gets for nothing. */
const bare: Section = {
  meta: { id: "bare", title: "Bare", about: "Nothing of its own." },
  build: ({ summary }) => [
    text("Of ", prose(summary.name), "."),
    table({ name: "Bare", columns: [column("what", "text"), column("sent")], most: 5 }, [
      [prose(summary.name), summary.messages.sent],
    ]),
  ],
};

function rendered(format: Format, facts: Facts, section: Section): string {
  const sections: OutlineSection[] = outlineOf(facts, format, "whole", [section]);
  switch (format) {
    case "html":
      return sections
        .flatMap(({ blocks }) => blocks.map((block) => blockHtml(block).markup))
        .join("");
    case "md":
      return reportMarkdown(sections);
    case "csv":
      return resultsCsv(sections);
    case "junit":
      return junitXml(sections, facts.summary);
    case "pdf":
      return JSON.stringify(sections.flatMap(sectionNodes));
    case "terminal":
      return summaryText(facts, "full", { style: makeStyle(false), columns: 80 }, [section]);
  }
}

function check(format: Format, shown: string): void {
  expect(shown.length).toBeLessThan(MAX_CHARS);
  expect(shown).not.toMatch(HIDDEN);
  expect(shown).not.toMatch(/undefined|NaN|\[object/);
  if (format === "html") expect(shown).not.toMatch(/<(img|script)/);
  if (format === "csv") {
    const rows = parseCsv(shown) as string[][];
    expect(rows.flat().filter((field) => /^\s*[=+@]/.test(field))).toEqual([]);
  }
  if (format === "terminal") {
    // A word that is longer than a line stays whole outside of tables.
    const wide = shown.split("\n").filter((line) => line.length > 80 && !/\S{60}/.test(line));
    expect(wide).toEqual([]);
  }
}

describe.each([...SECTIONS, bare])("$meta.id", (section) => {
  test.each(FORMATS)("in %s, of every run", (format) => {
    for (const facts of Object.values(RUNS)) check(format, rendered(format, facts, section));
  });

  test.each(versions)("of a run of version %s", (_, model) => {
    for (const format of FORMATS) check(format, rendered(format, model, section));
  });

  test("says what a reader finds there, and why a format lacks it", () => {
    const { about, omit = {} } = section.meta;
    expect(about.length).toBeGreaterThan(10);
    for (const reason of Object.values(omit)) expect(reason.length).toBeGreaterThan(10);
  });

  test("its tables have no room for more cells than columns", () => {
    for (const facts of Object.values(RUNS)) {
      for (const block of allBlocks(section.build(facts))) {
        if (block.kind !== "table") continue;
        for (const row of block.rows) expect(row.length).toBe(block.columns.length);
      }
    }
  });
});

test("names are unique", () => {
  const ids = SECTIONS.map(({ meta }) => meta.id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("a section with nothing of its own is in every format that has no other rule", () => {
  const facts = modelOf(goodRun());
  for (const format of ["html", "md", "csv", "pdf", "terminal"] as const) {
    expect(rendered(format, facts, bare), format).toContain(
      format === "csv" ? "bare,,synthetic,sent" : "Of ",
    );
  }
});
