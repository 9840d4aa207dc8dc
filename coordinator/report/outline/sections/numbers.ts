/**
 * Key numbers: what became of connections and messages, and how long it took. Invariant: what was not measured says so; a
 * sentence says which part of the run counts and times are of.
 */

import type { Summary } from "../../summary-schema.ts";
import {
  formatBytes,
  formatCount,
  formatCounts,
  formatMs,
  formatRate,
  formatShare,
  NO_DATA,
} from "../../text/format.ts";
import { countsScope, timesScope } from "../../text/result-text.ts";
import { type Block, type DataRow, type Figure, facts, note } from "../block.ts";
import { quantileLine, recordData, snake } from "../quantiles.ts";
import type { Section } from "../section.ts";

export const numbers: Section = {
  meta: {
    id: "numbers",
    title: "Key numbers",
    about:
      "What was not measured says so; it is never a zero. A line below says which part of the run counts and times are of.",
  },

  build({ summary }) {
    const times = timesScope(summary);
    const scope =
      times === "whole run"
        ? "All figures are of the whole run."
        : `Counts are of the ${countsScope(summary)}; times are ${times}.`;
    return [
      { kind: "figures", items: [...connectionFigures(summary), ...messageFigures(summary)] },
      note(scope),
      data(summary),
    ];
  },

  brief({ summary }) {
    const { latencyMs, serviceMs } = summary.messages;
    const times = timesScope(summary);
    const isWhole = times === "whole run";
    const of = isWhole ? "" : ` (${countsScope(summary)})`;
    const where = isWhole ? "" : `; ${times}`;
    const audit = deliveryText(summary);
    return [
      facts(
        { label: "connections", text: `${connectionText(summary)}${of}` },
        { label: "  connect", text: quantileLine(summary.connections.connectMs) },
        { label: "messages", text: `${messageText(summary)}${of}` },
        ...(audit === "" ? [] : [{ label: "  delivery", text: audit }]),
        {
          label: "latency",
          text: `${quantileLine(latencyMs)}  (corrected: from the intended send${where})`,
        },
        { label: "service", text: `${quantileLine(serviceMs)}  (from the actual send${where})` },
      ),
    ];
  },
};

function connectionFigures({ connections: c }: Summary): Figure[] {
  return [
    {
      label: "connections, peak",
      value: c.peak === null ? NO_DATA : formatCount(c.peak),
      note: `${formatCount(c.planned)} opens planned`,
    },
    {
      label: "established",
      value: c.attempted === 0 ? NO_DATA : formatShare(c.established / c.attempted),
      note: `${formatCount(c.established)} of ${formatCount(c.attempted)} attempts, ${formatCount(c.failed)} failed`,
    },
    {
      label: "dropped",
      value: c.dropped === null ? NO_DATA : formatCount(c.dropped),
      note: `ended by the target or the network; ${formatCount(c.reconnects)} reconnects`,
    },
    {
      label: "connect p99",
      value: formatMs(c.connectMs?.p99 ?? null),
      note: `p50 ${formatMs(c.connectMs?.p50 ?? null)}`,
    },
  ];
}

function messageFigures({ messages: m, durationSeconds }: Summary): Figure[] {
  const { expected, lost, duplicated, reordered, corrupt, leaked } = m;
  const rate = (count: number) =>
    durationSeconds > 0 ? formatRate(count / durationSeconds) : NO_DATA;
  const { latencyMs: q } = m;
  return [
    { label: "latency p50", value: formatMs(q?.p50 ?? null), note: "corrected" },
    {
      label: "latency p99",
      value: formatMs(q?.p99 ?? null),
      note: `p99.9 ${formatMs(q?.p999 ?? null)}`,
    },
    {
      label: "latency max",
      value: formatMs(q?.max ?? null),
      note: `of ${formatCount(q?.count ?? 0)} replies`,
    },
    {
      label: "replies",
      value: m.matched === null || expected === 0 ? NO_DATA : formatShare(m.matched / expected),
      note:
        m.matched === null
          ? "no message expects one"
          : formatCounts({
              rejected: m.rejected,
              "timed out": m.timedOut,
              unanswered: m.unanswered,
              late: m.late,
            }),
    },
    {
      label: "messages sent",
      value: formatCount(m.sent),
      note: `${rate(m.sent)}, ${formatCount(m.skipped)} skipped`,
    },
    {
      label: "messages received",
      value: formatCount(m.received),
      note: `${rate(m.received)}, ${formatCount(m.unsolicited)} pushed (unsolicited)`,
    },
    {
      label: "delivery",
      value: lost === null ? NO_DATA : `${formatCount(lost)} lost`,
      note: formatCounts({ duplicated, reordered, corrupt, leaked }),
    },
    {
      label: "bytes",
      value: formatBytes(m.bytesSent + m.bytesReceived),
      note: `${formatBytes(m.bytesSent)} out, ${formatBytes(m.bytesReceived)} in`,
    },
  ];
}

function connectionText({ connections: c }: Summary): string {
  return [
    `${formatCount(c.planned)} planned`,
    `${formatCount(c.established)} established`,
    `${formatCount(c.failed)} failed`,
    `peak ${c.peak === null ? NO_DATA : formatCount(c.peak)}`,
    `${formatCount(c.openAtEnd)} open at end`,
    ...positive(c.dropped, "dropped"),
    ...positive(c.reconnects, "reconnects"),
    ...positive(c.lostWithWorker, "lost with a worker"),
  ].join(", ");
}

function messageText({ messages: m }: Summary): string {
  return [
    `${formatCount(m.planned)} planned`,
    `${formatCount(m.sent)} sent`,
    `${formatCount(m.received)} received`,
    ...positive(m.parts, "more inside them"),
    ...(m.matched === null ? [] : [`${formatCount(m.matched)} matched`]),
    ...positive(m.rejected, "rejected"),
    ...(m.timedOut === null ? [] : [`${formatCount(m.timedOut)} timed out`]),
    ...positive(m.unanswered, "unanswered"),
    ...positive(m.recognised, "recognised"),
    ...positive(m.unsolicited, "pushed"),
    ...positive(m.skipped, "skipped"),
    ...positive(m.discarded, "discarded unsent"),
  ].join(", ");
}

function deliveryText({ messages }: Summary): string {
  return (["lost", "duplicated", "reordered", "corrupt", "late"] as const)
    .filter((what) => messages[what] !== null)
    .map((what) => `${formatCount(messages[what] ?? 0)} ${what}`)
    .join(", ");
}

function positive(count: number | null, word: string): string[] {
  return count === null || count === 0 ? [] : [`${formatCount(count)} ${word}`];
}

function data(summary: Summary): Block {
  const { connections, messages, exitCode, durationSeconds, started } = summary;
  const run = { scope: "run" };
  const value = (measure: string, unit: string, is: number): DataRow => ({
    ...{ ...run, measure, unit, statistic: "value", value: is },
  });
  const { stages, failedByStatus, closedByCode, agreed: _, ...counts } = connections;
  const { skippedBy, ...flows } = messages;
  const named = (measure: string, by: Readonly<Record<string, number>>): DataRow[] =>
    Object.entries(by).map(([name, count]) => ({
      ...{ ...run, name, measure, statistic: "count", unit: "", value: count },
    }));
  return {
    kind: "data",
    rows: [
      value("exit_code", "", exitCode),
      value("duration", "s", durationSeconds),
      ...recordData(run, counts, "connections_"),
      ...named("connections_failed_by_status", failedByStatus),
      ...named("connections_closed_by_code", closedByCode),
      ...recordData(run, stages, ""),
      ...recordData(run, flows, "messages_"),
      ...Object.entries(skippedBy).map(([why, count]) => ({
        ...{ ...run, measure: `messages_skipped_${snake(why)}`, statistic: "count" },
        ...{ unit: "", value: count },
      })),
      value("started", "bool", Number(started)),
    ],
  };
}
