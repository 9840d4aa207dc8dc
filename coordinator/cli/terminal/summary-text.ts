/**
 * The end of a run as text: verdict first, then why, then the numbers. Called by `run` and `report`.
 * Reads nothing but the summary (report/summary-schema.ts). Invariant: whatever a target said is escaped,
 * every number has its unit, and no line depends on colour.
 */
import {
  formatBytes,
  formatCount,
  formatMs,
  formatSeconds,
  formatShare,
  NO_DATA,
} from "../../report/format.ts";
import {
  capacityBasis,
  capacityText,
  countsScope,
  receivedText,
  timesScope,
} from "../../report/result-text.ts";
import type { Quantiles, Summary } from "../../report/summary-schema.ts";
import { formatObserved } from "../../report/threshold-text.ts";
import { comparisonOf, didNotStart } from "../../report/verdict-text.ts";
import { compareText, differenceText } from "./compare-text.ts";
import { escapeForTerminal } from "./escape.ts";
import type { Style } from "./style.ts";
import { failureLines, messageTable, phaseTable, workerTable } from "./summary-tables.ts";
import { type SummaryDetail, verdictLines, warningLines } from "./summary-verdict.ts";
import { block, row } from "./table.ts";

/** Thresholds shown in a compact summary, failed ones first; the rest is counted. It keeps within 15 lines. */
const COMPACT_THRESHOLDS = 3;
const SEND_LAG = "send lag p99";
/** Characters of a rule. */
const MAX_RULE = 100;
/** Pairs of subprotocol and extensions shown. */
const MAX_AGREED = 4;

/** @returns whole lines, with a newline at the end */
export function summaryText(summary: Summary, detail: SummaryDetail, style: Style): string {
  // Nothing was measured: a table of zeros would say otherwise.
  if (didNotStart(summary)) return `${verdictLines(summary, detail, style).join("\n")}\n`;
  const lines = [
    ...verdictLines(summary, detail, style),
    ...warningLines(summary, detail, style),
    ...thresholdLines(summary, detail, style),
    ...baselineLines(summary, style),
    ...validityLines(summary, detail, style),
    ...capacityLines(summary, detail),
    ...connectionLines(summary, detail),
    ...messageLines(summary, detail),
    ...latencyLines(summary, detail),
    ...failureLines(summary, detail),
  ];
  if (detail === "full") {
    lines.push(...phaseTable(summary), ...workerTable(summary));
    const comparison = comparisonOf(summary);
    if (comparison) lines.push("", compareText(comparison, "full", style).trimEnd());
  }
  return `${lines.join("\n")}\n`;
}

function thresholdLines(summary: Summary, detail: SummaryDetail, style: Style): string[] {
  if (summary.thresholds.length === 0) {
    return [row("thresholds", "none in the scenario; nothing was judged but validity")];
  }
  const ruleOf = ({ metric, rule }: Summary["thresholds"][number]) =>
    escapeForTerminal(`${metric} ${rule}`, MAX_RULE);
  const width = Math.max(...summary.thresholds.map((threshold) => ruleOf(threshold).length));
  const texts = [...summary.thresholds]
    // Failed ones first: a compact summary may cut the list.
    .sort((a, b) => Number(a.passed) - Number(b.passed))
    .map((threshold) => {
      const mark = threshold.passed ? style.green("✓") : style.red("✗");
      const rule = ruleOf(threshold).padEnd(width);
      // Why a rule of every run is broken stands with the verdict.
      const told = threshold.reason === null || threshold.observed !== null;
      const reason = told ? "" : ` (${threshold.reason})`;
      return `${mark} ${rule}  observed ${formatObserved(threshold.rule, threshold.observed)}${reason}`;
    });
  const passed = summary.thresholds.filter((threshold) => threshold.passed).length;
  const scope = timesScope(summary);
  if (detail === "full") {
    const where = scope === "whole run" ? [] : [`rules that name no phase are judged ${scope}`];
    return block("thresholds", [...texts, ...where]);
  }
  const shown = texts.slice(0, COMPACT_THRESHOLDS);
  const more = texts.length - shown.length;
  if (more > 0) shown.push(`… and ${more} more; ${passed} of ${texts.length} passed`);
  return block("thresholds", shown);
}

/** In one line; the table is in the full summary. */
function baselineLines(summary: Summary, style: Style): string[] {
  const comparison = comparisonOf(summary);
  if (!comparison) return [];
  const [first] = compareText(comparison, "compact", style).split("\n");
  const lines = [row("baseline", first ?? "")];
  if (comparison.verdict === "REFUSED") {
    const [why] = comparison.differences.map(differenceText);
    return [...lines, row("", escapeForTerminal(why ?? "", 300))];
  }
  const marks = {
    passed: style.green("✓"),
    failed: style.red("✗"),
    inconclusive: style.yellow("?"),
  };
  for (const { rule, outcome, reason } of comparison.rules) {
    lines.push(row("", `${marks[outcome]} ${rule}  ${outcome}: ${escapeForTerminal(reason, 300)}`));
  }
  return lines;
}

function validityLines(summary: Summary, detail: SummaryDetail, style: Style): string[] {
  const { validity } = summary;
  const lag = validity.sendLagMs;
  const notJudged = validity.notJudged.find((text) => text.startsWith(SEND_LAG));
  const why = notJudged === undefined ? "" : ` (not judged${notJudged.slice(SEND_LAG.length)})`;
  const measured = [
    lag === null ? "send lag no data" : `${SEND_LAG} ${formatMs(lag.p99)}${why}`,
    `${formatShare(validity.deliveredShare)} of planned messages sent`,
    validity.ledger.balanced ? "ledger balanced" : `ledger off: ${differences(summary)}`,
  ];
  if (validity.framesMissing > 0)
    measured.push(`${formatCount(validity.framesMissing)} frames missing`);
  if (validity.maskedSeconds > 0) measured.push(`${formatSeconds(validity.maskedSeconds)} masked`);
  const word = validity.valid
    ? `${style.green("✓")} the generator was not the limit`
    : `${style.red("✗")} not valid`;
  const lines = [row("validity", `${word}: ${measured.join(", ")}`)];
  if (detail === "compact") return lines;
  const open = validity.notJudged.map((text) => `not judged: ${text}`);
  const notes = validity.notes.filter((note) => !summary.warnings.includes(note));
  const further = [...open, ...notes.map((note) => escapeForTerminal(note, 300))];
  return [...lines, ...further.map((text) => row("", text))];
}

function differences(summary: Summary): string {
  return Object.entries(summary.validity.ledger.differences)
    .map(([identity, difference]) => `${identity} by ${formatCount(difference)}`)
    .join(", ");
}

/** What a search for the limit has found; nothing without one. */
function capacityLines({ capacity }: Summary, detail: SummaryDetail): string[] {
  if (capacity === null) return [];
  const parts = capacityBasis(capacity).map((part) => escapeForTerminal(part, 600));
  const told = detail === "full" ? parts : parts.slice(1, 3);
  return block("capacity", [capacityText(capacity), ...told]);
}

function connectionLines(summary: Summary, detail: SummaryDetail): string[] {
  const c = summary.connections;
  const parts = [
    `${formatCount(c.planned)} planned`,
    `${formatCount(c.established)} established`,
    `${formatCount(c.failed)} failed`,
    `peak ${c.peak === null ? NO_DATA : formatCount(c.peak)}`,
    `${formatCount(c.openAtEnd)} open at end`,
  ];
  if (c.dropped !== null && c.dropped > 0) parts.push(`${formatCount(c.dropped)} dropped`);
  if (c.reconnects > 0) parts.push(`${formatCount(c.reconnects)} reconnects`);
  if (c.lostWithWorker > 0) parts.push(`${formatCount(c.lostWithWorker)} lost with a worker`);
  const lines = [row("connections", `${parts.join(", ")}${scopeText(summary)}`)];
  lines.push(row("  connect", quantileText(c.connectMs)));
  if (detail === "full") {
    lines.push(
      row("  open lag", `${quantileText(c.openLagMs)}  (the generator's own)`),
      row("  dns", quantileText(c.stages.dnsMs)),
      row("  tcp", quantileText(c.stages.tcpMs)),
      row("  tls", quantileText(c.stages.tlsMs)),
      row("  upgrade", quantileText(c.stages.upgradeMs)),
      row("  failed by", countsText(c.failedByKind)),
      row("  by status", countsText(c.failedByStatus)),
      row("  closed by", countsText(c.closedByCause)),
      row("  by code", countsText(c.closedByCode)),
      row("  agreed", agreedText(c.agreed)),
    );
  }
  return lines;
}

/** How many connections got which subprotocol and which extensions. */
function agreedText(agreed: Summary["connections"]["agreed"]): string {
  if (agreed === null || agreed.length === 0) return NO_DATA;
  const shown = (text: string, none: string) => (text === "" ? none : escapeForTerminal(text, 120));
  return agreed
    .slice(0, MAX_AGREED)
    .map(({ protocol, extensions, count }) => {
      const what = `${shown(protocol, "no subprotocol")}, ${shown(extensions, "no extension")}`;
      return `${formatCount(count)} ${what}`;
    })
    .join("; ");
}

function messageLines(summary: Summary, detail: SummaryDetail): string[] {
  const m = summary.messages;
  const parts = [
    `${formatCount(m.planned)} planned`,
    `${formatCount(m.sent)} sent`,
    `${formatCount(m.received)} received`,
  ];
  if (m.matched !== null) parts.push(`${formatCount(m.matched)} matched`);
  if (m.timedOut !== null) parts.push(`${formatCount(m.timedOut)} timed out`);
  if (m.unanswered !== null && m.unanswered > 0) {
    parts.push(`${formatCount(m.unanswered)} unanswered`);
  }
  if (m.unsolicited > 0) parts.push(`${formatCount(m.unsolicited)} pushed`);
  if (m.skipped > 0) parts.push(`${formatCount(m.skipped)} skipped`);
  if (m.discarded) parts.push(`${formatCount(m.discarded)} discarded unsent`);
  const lines = [row("messages", `${parts.join(", ")}${scopeText(summary)}`)];
  const audit = [
    countOrNothing(m.lost, "lost"),
    countOrNothing(m.duplicated, "duplicated"),
    countOrNothing(m.reordered, "reordered"),
    countOrNothing(m.corrupt, "corrupt"),
    countOrNothing(m.late, "late"),
  ].filter((text) => text !== "");
  if (audit.length > 0) lines.push(row("  delivery", audit.join(", ")));
  if (detail === "full") {
    lines.push(
      row("  bytes", `${formatBytes(m.bytesSent)} sent, ${formatBytes(m.bytesReceived)} received`),
      row("  skipped by", countsText(m.skippedBy)),
      row("  received", receivedText(summary)),
    );
  }
  return lines;
}

/** Beside figures of another part of the run it is said which part counts are of. */
function scopeText(summary: Summary): string {
  return timesScope(summary) === "whole run" ? "" : ` (${countsScope(summary)})`;
}

function latencyLines(summary: Summary, detail: SummaryDetail): string[] {
  const { latencyMs, serviceMs } = summary.messages;
  const scope = timesScope(summary);
  const where = scope === "whole run" ? "" : `; ${scope}`;
  const lines = [
    row("latency", `${quantileText(latencyMs)}  (corrected: from the intended send${where})`),
    row("service", `${quantileText(serviceMs)}  (from the actual send${where})`),
  ];
  return detail === "full" ? [...lines, ...messageTable(summary)] : lines;
}

function quantileText(quantiles: Quantiles | null): string {
  if (quantiles === null) return NO_DATA;
  const { p50, p90, p99, p999, max } = quantiles;
  return [
    `p50 ${formatMs(p50)}`,
    `p90 ${formatMs(p90)}`,
    `p99 ${formatMs(p99)}`,
    `p99.9 ${formatMs(p999)}`,
    `max ${formatMs(max)}`,
  ].join("  ");
}

function countOrNothing(count: number | null, word: string): string {
  return count === null ? "" : `${formatCount(count)} ${word}`;
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${formatCount(count)} ${escapeForTerminal(name, 40)}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}
