/**
 * A comparison of runs as blocks: what changed, how certain that is, the rules, both percentile curves. Called by the
 * baseline section, and for `onrush compare` in a terminal and in markdown. Invariant: a comparison that was refused shows
 * why, and no figure; names and values from run directories are foreign.
 */
import type {
  CompareOutcome,
  Comparison,
  Difference,
  RefusedComparison,
} from "../../analysis/compare/comparison.ts";
import {
  COMPARISON_HEAD,
  comparisonRows,
  decisiveRows,
  sideText,
  tallyText,
} from "../text/comparison-rows.ts";
import { formatSeconds } from "../text/format.ts";
import {
  type Block,
  code,
  column,
  details,
  type Fact,
  facts,
  lead,
  prose,
  type RichCell,
  type Text,
  table,
} from "./block.ts";
import type { CurvePlot } from "./plot.ts";

const MAX_DIFFERENCES = 40;
const MAX_MEASURES = 60;
/** Reasons in full; the others are in the table. */
const MAX_REASONS = 4;

export const OUTCOME_MARKS = { passed: "passed", failed: "failed", inconclusive: "open" } as const;
/** Of what has changed, between two runs or over many. */
export const CHANGED = {
  REGRESSED: { word: "Regressed", tone: "bad", sign: "failed" },
  IMPROVED: { word: "Improved", tone: "good", sign: "passed" },
} as const;
const VERDICTS = {
  ...CHANGED,
  SAME: { word: "Same", tone: "good", sign: "passed" },
  INCONCLUSIVE: { word: "Inconclusive", tone: "warn", sign: "open" },
  REFUSED: { word: "Not compared", tone: "bad", sign: "failed" },
} as const;

const DIFFERENCES = ["kind", "what", "baseline", "candidate"].map((one) => column(one, "text"));

/** Whole, with its verdict. */
export function comparisonReport(outcome: CompareOutcome): Block[] {
  const { word, tone, sign } = VERDICTS[outcome.verdict];
  const name = code(`baseline ${sideText(outcome.a)}, candidate ${sideText(outcome.b)}`, 300);
  const isRefused = outcome.verdict === "REFUSED";
  const meaning = isRefused ? REFUSED_TEXT : `Measures: ${tallyText(outcome)}.`;
  return [
    { kind: "verdict", tone, sign, word, name, meaning, place: "" },
    ...(isRefused ? refused(outcome) : compared(outcome)),
  ];
}

const REFUSED_TEXT = "Not compared: the runs differ in what a comparison takes for granted.";

/** In one line. */
export function comparisonFact(outcome: CompareOutcome): Fact {
  const { word, sign } = VERDICTS[outcome.verdict];
  const sides = `baseline ${sideText(outcome.a)}, candidate ${sideText(outcome.b)}`;
  return { label: "baseline", text: [`${word.toUpperCase()}  `, prose(sides, 300)], mark: sign };
}

/** As a section of a run's report. */
export function comparisonBlocks(outcome: CompareOutcome): Block[] {
  const sides = [code(sideText(outcome.a), 300), ", candidate ", code(sideText(outcome.b), 300)];
  if (outcome.verdict === "REFUSED") {
    return [lead(`${REFUSED_TEXT} Baseline `, ...sides, "."), ...refused(outcome)];
  }
  const { verdict } = outcome;
  return [
    lead(`${verdict}: ${tallyText(outcome)}. Baseline `, ...sides, "."),
    ...compared(outcome),
  ];
}

function refused({ differences }: RefusedComparison): Block[] {
  const kinds = [...new Set(differences.map(({ kind }) => kind))].join(",");
  const fix = `compare runs that have these in common, or let them through with --despite ${kinds}`;
  return [differenceTable(differences), facts({ label: "fix", text: prose(fix) })];
}

function compared(comparison: Comparison): Block[] {
  const { verdict, rules, caveats, despite, method, comparedSeconds } = comparison;
  const reasons = verdict === "SAME" ? [] : decisiveRows(comparison, verdict);
  const shown: Text[] = reasons.slice(0, MAX_REASONS).map((one) => prose(one, 300));
  if (reasons.length > MAX_REASONS) shown.push(`… and ${reasons.length - MAX_REASONS} more`);
  const rows = comparisonRows(comparison).map(({ verdict: of, cells }) =>
    cells.map((cell, at): RichCell => {
      const isWord = at === cells.length - 1;
      return { text: prose(cell), ...(isWord && of !== "SAME" && { tone: VERDICTS[of].tone }) };
    }),
  );
  const last = COMPARISON_HEAD.length - 1;
  const columns = COMPARISON_HEAD.map((title, at) =>
    column(title, at === 0 || at === last ? "text" : "figure"),
  );
  return [
    facts(
      ...labelled("because", shown),
      ...rules.map(
        ({ rule, outcome, reason }, at): Fact => ({
          label: at === 0 ? "fail-on" : "",
          text: [code(rule), `  ${outcome}: `, prose(reason, 300)],
          mark: OUTCOME_MARKS[outcome],
        }),
      ),
    ),
    table({ name: "Against the baseline", columns, most: MAX_MEASURES }, rows),
    ...curves(comparison),
    details(
      "Method and caveats",
      facts(
        { label: "method", text: `${method.text} ${formatSeconds(comparedSeconds)} compared.` },
        ...labelled(
          "note",
          caveats.map((one) => prose(one, 600)),
        ),
      ),
      ...(despite.length === 0 ? [] : [lead("Let through:"), differenceTable(despite)]),
    ),
  ];
}

function labelled(label: string, texts: readonly Text[]): Fact[] {
  return texts.map((text, at) => ({ label: at === 0 ? label : "", text }));
}

function curves({ curves: [curve] }: Comparison): Block[] {
  if (curve === undefined) return [];
  const side = (key: "aMs" | "bMs") =>
    curve.points.flatMap((point) => {
      const ms = point[key];
      return ms === null ? [] : [{ percentile: point.percentile / 100, ms }];
    });
  const titles = { latency: "Latency", service: "Service time", connect: "Connect time" } as const;
  const plot: CurvePlot = {
    ...{ kind: "plot", shape: "curve", id: "baseline-curve" },
    title: `${titles[curve.metric]} at every percentile, before and now`,
    about: "Baseline and candidate, both axes logarithmic.",
    curves: [
      { id: "candidate", label: "candidate", colour: "c1", points: side("bMs") },
      { id: "baseline", label: "baseline", colour: "c2", points: side("aMs") },
    ],
  };
  return [plot];
}

export function differenceText({ kind, what, a, b }: Difference): string {
  const values = [a && `baseline ${a}`, b && `candidate ${b}`].filter((one) => one !== "");
  return `${kind}: ${what}${values.length > 0 ? `: ${values.join(", ")}` : ""}`;
}

function differenceTable(differences: readonly Difference[]): Block {
  const rows = differences.map(({ kind, what, a, b }) => [kind, code(what), code(a), code(b)]);
  return table({ name: "Differences", columns: DIFFERENCES, most: MAX_DIFFERENCES }, rows);
}
