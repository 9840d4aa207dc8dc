/**
 * The outline's sections about the result: thresholds, validity, key numbers, latency. Called by outline.ts.
 * Invariant: an empty section says so.
 */
import {
  COMPARISON_HEAD,
  comparisonRows,
  decisiveRows,
  sideText,
  tallyText,
} from "../comparison-rows.ts";
import {
  formatBytes,
  formatCount,
  formatCounts,
  formatMs,
  formatShare,
  NO_DATA,
} from "../format.ts";
import type { ReportModel } from "../model.ts";
import { boundText, shownValue } from "../model-validity.ts";
import {
  capacityBasis,
  capacityText,
  countsScope,
  MESSAGE_HEAD,
  messageRows,
  receivedText,
  timesScope,
} from "../result-text.ts";
import type { Quantiles, Summary } from "../summary-schema.ts";
import { formatMargin } from "../threshold-text.ts";
import { comparisonOf, didNotStart } from "../verdict-text.ts";
import { type Block, code, list, prose, table, text } from "./block.ts";

export function thresholdsSection({ thresholds, summary, origin }: ReportModel): Block[] {
  if (!summary.started && origin.thresholds.length > 0) {
    return [text("The run did not start, so no threshold was judged.")];
  }
  if (thresholds.length === 0) {
    return [text("The scenario has no thresholds; nothing was judged but validity.")];
  }
  const rows = [...thresholds]
    .sort((a, b) => Number(a.passed) - Number(b.passed))
    .map(({ metric, rule, passed, observed, margin, reason }) => [
      [`${mark(passed)} `, code(`${metric} ${rule}`)],
      reason === null ? observed : [`${observed} (`, prose(reason, 120), ")"],
      margin === null ? "" : formatMargin(margin),
    ]);
  const scope = timesScope(summary);
  return [
    ...(scope === "whole run" ? [] : [text(`Rules that name no phase are judged ${scope}.`)]),
    table({ head: ["rule", "observed", "room left"], texts: 1, maxRows: 50 }, rows),
  ];
}

/** None for a run that was not held against another. */
export function baselineSection({ summary }: ReportModel): Block[] {
  const comparison = comparisonOf(summary);
  if (comparison === null) return [];
  if (comparison.verdict === "REFUSED") {
    const rows = comparison.differences.map(({ kind, what, a, b }) => [
      kind,
      code(what),
      code(a),
      code(b),
    ]);
    const look = { head: ["kind", "what", "baseline", "candidate"], texts: 4, maxRows: 20 };
    return [
      text("Not compared: the runs differ in what a comparison takes for granted."),
      table(look, rows),
    ];
  }
  const regressed = decisiveRows(comparison, "REGRESSED").map((one) => prose(one));
  const rules = comparison.rules.map(({ rule, outcome, reason }) => [
    code(rule),
    ` ${outcome}: `,
    prose(reason),
  ]);
  const rows = comparisonRows(comparison).map(({ cells }) => cells.map((cell) => prose(cell)));
  return [
    text(
      `${comparison.verdict}: ${tallyText(comparison)}. Baseline `,
      code(sideText(comparison.a)),
      ".",
    ),
    ...(regressed.length + rules.length === 0 ? [] : [list([...regressed, ...rules], 20)]),
    table({ head: COMPARISON_HEAD, texts: 1, maxRows: 40 }, rows),
  ];
}

/** Renderers that have no such sign show the words of `observed` beside it. */
function mark(passed: boolean): string {
  return passed ? "✅" : "❌";
}

export function validitySection({ validity, summary }: ReportModel): Block[] {
  const { valid } = summary.validity;
  const rows = validity.map((check) => [
    `${check.outcome === "not judged" ? "–" : mark(check.outcome === "passed")} ${check.question}`,
    `${check.measure}: ${shownValue(check.observed)}`,
    boundText(check),
  ]);
  const look = { head: ["question", "observed", "limit"], texts: 2, maxRows: 20 };
  return [
    text(validityLead(summary)),
    table(valid ? { ...look, fold: "What was looked at" } : look, rows),
  ];
}

function validityLead(summary: Summary): string {
  if (didNotStart(summary)) return "The run did not start, so there is nothing to judge.";
  return summary.validity.valid
    ? "No. The load generator kept to its plan."
    : "The numbers cannot be trusted.";
}

/** None for a run that searched for no limit. */
export function capacitySection({ summary: { capacity } }: ReportModel): Block[] {
  if (capacity === null) return [];
  const basis = capacityBasis(capacity).map((one) => prose(one));
  return [text(`${capacityText(capacity)}.`), list(basis, 20)];
}

export function messagesSection({ summary }: ReportModel): Block[] {
  const rows = messageRows(summary).map(({ name, cells, latency }) => [
    code(name, 64),
    ...cells,
    formatMs(latency?.p50 ?? null),
    formatMs(latency?.p99 ?? null),
  ]);
  const received = text(`${receivedText(summary)}.`);
  if (rows.length === 0) return [received];
  const look = { head: [...MESSAGE_HEAD, "p50", "p99"], texts: 1, maxRows: 40 };
  return [received, table(look, rows)];
}

export function numbersSection({ summary }: ReportModel): Block[] {
  const { connections: c, messages: m } = summary;
  const peak = c.peak === null ? NO_DATA : formatCount(c.peak);
  const opened = `${formatCount(c.established)} of ${formatCount(c.attempted)} attempts established`;
  const rows = [
    [
      "connections",
      `peak ${peak}, ${opened}, ${formatCount(c.failed)} failed, ${c.dropped === null ? "" : `${formatCount(c.dropped)} dropped, `}${formatCount(c.reconnects)} reconnects`,
    ],
    ["connect", short(c.connectMs)],
    ["latency, corrected", short(m.latencyMs)],
    [
      "messages",
      `${formatCount(m.sent)} sent of ${formatCount(m.planned)} planned, ${formatCount(m.received)} received`,
    ],
    ["replies", replies(m)],
    ["delivery", delivery(m)],
    ["bytes", `${formatBytes(m.bytesSent)} out, ${formatBytes(m.bytesReceived)} in`],
  ];
  const times = timesScope(summary);
  return [
    table({ head: ["measure", "value"], texts: 2, maxRows: 20 }, rows),
    text(
      times === "whole run"
        ? "All figures are of the whole run."
        : `Counts are of the ${countsScope(summary)}; times are ${times}.`,
    ),
  ];
}

function replies(m: Summary["messages"]): string {
  if (m.matched === null) return "no message expects one";
  if (m.expected === 0) return "none was expected: no message was sent";
  return `${formatShare(m.matched / m.expected)} in time, ${formatCounts({ "timed out": m.timedOut, unanswered: m.unanswered, late: m.late })}`;
}

function delivery({ lost, duplicated, reordered, corrupt, leaked }: Summary["messages"]): string {
  return formatCounts({ lost, duplicated, reordered, corrupt, leaked });
}

function short(q: Quantiles | null): string {
  if (q === null) return NO_DATA;
  return `p50 ${formatMs(q.p50)}, p90 ${formatMs(q.p90)}, p99 ${formatMs(q.p99)}, max ${formatMs(q.max)}`;
}

const QUANTILE_HEAD = ["count", "p50", "p90", "p99", "p99.9", "max"];

function quantileCells(q: Quantiles | null): string[] {
  if (q === null) return [NO_DATA, "", "", "", "", ""];
  return [formatCount(q.count), ...[q.p50, q.p90, q.p99, q.p999, q.max].map(formatMs)];
}

export function latencySection({ latency, summary }: ReportModel): Block[] {
  if (latency.corrected === null && latency.breakdown.length === 0) {
    return [text("No reply was measured: no message expects one, or none came.")];
  }
  const whole = table({ head: ["time", ...QUANTILE_HEAD], texts: 1, maxRows: 3 }, [
    ["corrected (done − intended)", ...quantileCells(latency.corrected)],
    ["service time (done − sent)", ...quantileCells(latency.service)],
    ["send lag (sent − intended)", ...quantileCells(summary.validity.sendLagMs)],
  ]);
  const rows = latency.breakdown.map(({ name, phase, excluded, latency: q }) => [
    code(name, 64),
    [code(phase, 64), excluded ? " (excluded)" : ""],
    ...quantileCells(q),
  ]);
  const look = { head: ["message", "phase", ...QUANTILE_HEAD], texts: 2, maxRows: 40 };
  return [whole, table({ ...look, fold: "By message and phase" }, rows)];
}
