/**
 * The outline's sections for who looks closer: failures, phases, workers. Called by outline.ts. Invariant: tables are
 * bounded and say what they leave out.
 */
import { countOf, formatCount, formatMs, formatSeconds, NO_DATA } from "../format.ts";
import type { ReportModel } from "../model.ts";
import { type Block, code, prose, table, text } from "./block.ts";

export function failuresSection({ summary, failures }: ReportModel): Block[] {
  if (summary.failures.length === 0) {
    return [text("No failure of any kind was seen in the whole run.")];
  }
  const rows = summary.failures.map(({ kind, signature, count, firstSeen, lastSeen }) => [
    code(kind, 40),
    code(signature, 160),
    formatCount(count),
    formatSeconds(firstSeen / 1000),
    formatSeconds(lastSeen / 1000),
  ]);
  const head = ["kind", "signature", "count", "first seen", "last seen"];
  return [
    text(`${countOf(failures.total, "failure")} in ${countOf(rows.length, "group")}.`),
    table({ head, texts: 2, maxRows: 25 }, rows),
  ];
}

export function phasesSection({ summary }: ReportModel): Block[] {
  const rows = summary.phases.map(({ phase, excluded, from, to, connections, messages }) => [
    [code(phase, 64), excluded ? " (excluded)" : ""],
    `${formatSeconds(from / 1000)} to ${formatSeconds(to / 1000)}`,
    formatCount(connections.established),
    formatCount(connections.failed),
    formatCount(messages.sent),
    formatMs(messages.latencyMs?.p50 ?? null),
    formatMs(messages.latencyMs?.p99 ?? null),
  ]);
  const head = ["phase", "run time", "established", "failed", "sent", "p50", "p99"];
  return [table({ head, texts: 2, maxRows: 40, fold: countOf(rows.length, "phase") }, rows)];
}

export function workersSection({ workers, origin }: ReportModel): Block[] {
  const { versions, bus, driver } = origin;
  const facts = text(
    "onrush ",
    code(versions.onrush, 40),
    ", node ",
    code(versions.node, 40),
    `, bus ${bus}, driver ${driver}`,
  );
  if (workers.length === 0) return [facts, text("No worker took part.")];
  const rows = workers.map(({ id, host, end, lost, peakConnections, cpu, saturatedSeconds }) => [
    code(id, 60),
    code(host, 60),
    lost === null ? end : ["lost: ", prose(lost, 160)],
    formatCount(peakConnections),
    cpu === null ? NO_DATA : `${cpu.toFixed(2)} cores`,
    saturatedSeconds === 0 ? "none" : formatSeconds(saturatedSeconds),
  ]);
  const head = ["worker", "host", "end", "peak open", "CPU, mean", "saturated"];
  const fold = countOf(rows.length, "worker");
  return [facts, table({ head, texts: 3, maxRows: 25, fold }, rows)];
}
