/**
 * The section of a run that was held against a baseline: what changed, how sure that is, and both percentile curves. Called
 * by page.ts. Invariant: it says what `onrush compare` says; a comparison that was refused shows why, and no figure.
 */
import type {
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
} from "../comparison-rows.ts";
import type { ReportModel } from "../model.ts";
import { comparisonOf } from "../verdict-text.ts";
import { overlaidCurves } from "./curve-chart.ts";
import { html, line, type Markup, NOTHING } from "./markup.ts";
import { empty, table } from "./table.ts";

const MAX_DIFFERENCES = 40;

export function baselineSection({ summary }: ReportModel): Markup {
  const comparison = comparisonOf(summary);
  if (comparison === null) return empty("The run was not held against another one.");
  return comparison.verdict === "REFUSED" ? refused(comparison) : compared(comparison);
}

function refused({ a, differences }: RefusedComparison): Markup {
  return html`<p class="lead">Not compared with ${line(a.map(({ run }) => run).join(", "))}: the runs differ in what a comparison takes for granted.</p>
${differenceTable(differences)}`;
}

function compared(comparison: Comparison): Markup {
  const { verdict, a, b, rules, caveats, despite, method, comparedSeconds, curves } = comparison;
  const [curve] = curves;
  const changed = [
    ...decisiveRows(comparison, "REGRESSED"),
    ...rules.map(({ rule, outcome, reason }) => `${rule} ${outcome}: ${reason}`),
  ];
  const rows = comparisonRows(comparison).map(({ cells }) => cells.map((cell) => line(cell)));
  return html`<p class="lead"><strong>${verdict}</strong>: ${tallyText(comparison)}. Baseline ${line(sideText(a))}, candidate ${line(sideText(b))}.</p>
${changed.length === 0 ? NOTHING : html`<ul class="reasons">${changed.map((text) => html`<li>${line(text, 600)}</li>`)}</ul>`}
${table({ name: "Against the baseline", head: COMPARISON_HEAD, texts: 1 }, rows)}
${curve === undefined ? NOTHING : overlaidCurves(curve)}
<p>${line(method.text, 600)} ${comparedSeconds} s compared.${caveats.map((text) => ` ${line(text, 600)}`)}</p>
${despite.length === 0 ? NOTHING : html`<h3>Let through</h3>${differenceTable(despite)}`}`;
}

function differenceTable(differences: readonly Difference[]): Markup {
  return table(
    { name: "Differences", head: ["kind", "what", "baseline", "candidate"], texts: 4 },
    differences
      .slice(0, MAX_DIFFERENCES)
      .map(({ kind, what, a, b }) => [kind, line(what), line(a), line(b)]),
  );
}
