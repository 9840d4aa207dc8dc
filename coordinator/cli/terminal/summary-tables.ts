/**
 * The parts of the summary text that are lists and tables: grouped failures, phases, workers. Called by
 * summary-text.ts only. Invariant: as there, target text is escaped and units are in the headings.
 */
import Table from "cli-table3";
import {
  countOf,
  formatCount,
  formatMs,
  formatSeconds,
  formatShare,
  NO_DATA,
} from "../../report/format.ts";
import { MESSAGE_HEAD, messageRows } from "../../report/result-text.ts";
import type { Summary } from "../../report/summary-schema.ts";
import { escapeForTerminal } from "./escape.ts";
import { LABEL, PLAIN_TABLE } from "./table.ts";

/** Failure groups that are shown; summary.json has them all. */
const SHOWN_FAILURES = { compact: 2, full: 20 } as const;

/** Grouped failures, most frequent first: one line in a compact summary, one each in a full one. */
export function failureLines(summary: Summary, detail: "compact" | "full"): string[] {
  const groups = [...summary.failures].sort((a, b) => b.count - a.count);
  const shown = groups.slice(0, SHOWN_FAILURES[detail]);
  const texts = shown.map((group) => {
    const what =
      `${escapeForTerminal(group.kind, 40)} ${escapeForTerminal(group.signature)}`.trim();
    if (detail === "compact") return `${formatCount(group.count)} × ${what}`;
    const seen = `${formatSeconds(group.firstSeen / 1000)} to ${formatSeconds(group.lastSeen / 1000)}`;
    return `${formatCount(group.count)} × ${what}, seen from ${seen}`;
  });
  if (groups.length > shown.length)
    texts.push(`… and ${countOf(groups.length - shown.length, "more group")}`);
  if (texts.length === 0) texts.push("none");
  const lines = detail === "compact" ? [texts.join(", ")] : texts;
  return lines.map((text, index) => `  ${(index === 0 ? "failures" : "").padEnd(LABEL)}${text}`);
}

/** What became of each message of the mix. */
export function messageTable(summary: Summary): string[] {
  const rows = messageRows(summary).map(({ name, cells, latency }) => [
    escapeForTerminal(name, 24),
    ...cells,
    formatMs(latency?.p50 ?? null),
    formatMs(latency?.p99 ?? null),
  ]);
  return rows.length === 0 ? [] : table([...MESSAGE_HEAD, "p50", "p99"], rows, 1);
}

export function phaseTable(summary: Summary): string[] {
  const rows = summary.phases.map((phase) => [
    escapeForTerminal(phase.phase, 24) + (phase.excluded ? " (excluded)" : ""),
    `${formatSeconds(phase.from / 1000)} - ${formatSeconds(phase.to / 1000)}`,
    formatCount(phase.connections.established),
    formatCount(phase.connections.failed),
    formatCount(phase.messages.sent),
    formatMs(phase.messages.latencyMs?.p50 ?? null),
    formatMs(phase.messages.latencyMs?.p99 ?? null),
  ]);
  return table(
    ["phase", "run time", "established", "failed", "sent", "latency p50", "latency p99"],
    rows,
    2,
  );
}

export function workerTable(summary: Summary): string[] {
  const rows = summary.workers.map((worker) => [
    escapeForTerminal(worker.id, 40),
    escapeForTerminal(worker.host, 40),
    formatCount(worker.engines),
    formatCount(worker.peakConnections),
    formatShare(worker.cpu),
    formatMs(worker.loopLagMs?.p99 ?? null),
    worker.saturatedSeconds === 0 ? "none" : `${formatCount(worker.saturatedSeconds)} s`,
  ]);
  return table(
    ["worker", "host", "engines", "peak", "CPU (of a core)", "loop lag p99", "saturated"],
    rows,
    2,
  );
}

/** Left-aligned text columns first, then right-aligned numbers. */
function table(head: readonly string[], rows: readonly string[][], textColumns: number): string[] {
  if (rows.length === 0) return [`  ${head[0]}: ${NO_DATA}`];
  const rendered = new Table({
    ...PLAIN_TABLE,
    head: [...head],
    colAligns: head.map((_, index) => (index < textColumns ? "left" : "right")),
  });
  rendered.push(...rows);
  const lines = rendered.toString().split("\n");
  return ["", ...lines.map((line) => `  ${line.trimEnd()}`)];
}
