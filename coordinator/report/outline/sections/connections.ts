/**
 * What became of the connections the plan wanted: from plan to open, the time each step took, why they closed and how long
 * they were open. Invariant: each step is the one before it less what was lost there.
 */

import type { FunnelStep, ModelConnections, StageTime } from "../../model/connections.ts";
import type { Quantiles, Summary } from "../../summary-schema.ts";
import { formatCount, formatMs } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  facts,
  heading,
  note,
  prose,
  table,
  text,
} from "../block.ts";
import { quantileCells, quantileColumns } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_ROWS = 40;
const TIMES = ["p50", "p90", "p99", "max"] as const;
/** Pairs of subprotocol and extensions. */
const MAX_AGREED = 4;

export const connections: Section = {
  meta: {
    id: "connections",
    title: "Connections",
    about:
      "From plan to open, and what was lost at each step; time by stage; why they closed and how long they were open.",
  },

  build({ connections: of, summary }) {
    const { planned, attempted, reconnects, openAtEnd, lostWithWorker } = summary.connections;
    if (planned === 0 && attempted === 0) return [text("The plan opens no connection.")];
    return [
      ...(of === undefined ? [] : [heading("From plan to open"), funnel(of.funnel)]),
      ...(of === undefined ? [] : [heading("Time to connect, by stage"), ...stageTimes(of.stages)]),
      heading("Why connections closed"),
      ...(of === undefined ? [] : closes(of, summary)),
      ...lifetimes(summary.connections.lifetimeMs),
      note(
        `${formatCount(reconnects)} of ${formatCount(attempted)} attempts were reconnects. ${formatCount(openAtEnd)} connections were open at the end and ${formatCount(lostWithWorker)} were lost with a worker.`,
      ),
      ...answers(summary),
      {
        kind: "data",
        rows: Object.entries(summary.connections.closedByCause).map(([cause, count]) => ({
          ...{ scope: "close", name: cause, measure: "closed", statistic: "count", unit: "" },
          value: count,
        })),
      },
    ];
  },
};

function funnel(steps: readonly FunnelStep[]): Block {
  const first = Math.max(1, steps[0]?.count ?? 1);
  const columns = [
    column("step", "text"),
    column("share", "bar"),
    column("count"),
    column("lost here", "text"),
  ];
  const rows = steps.map(({ step, meaning, count, lost }): Cell[] => [
    { text: step, under: meaning },
    { text: "", bar: { to: count / first, colour: count > 0 ? "c1" : "c4" } },
    count,
    lost.length === 0
      ? ""
      : {
          text: prose(
            lost
              .map(
                ({ what, count: gone }) =>
                  `${gone > 0 ? "−" : "+"}${formatCount(Math.abs(gone))} ${what}`,
              )
              .join(", "),
          ),
          tone: "bad",
        },
  ]);
  return table({ name: "From plan to open", columns, most: MAX_ROWS, sort: false }, rows);
}

/** The bar runs from p50 to p99 on a logarithmic scale that all stages share. */
function stageTimes(stages: readonly StageTime[]): Block[] {
  const values = stages.flatMap(({ ms }) => (ms === null ? [] : [Math.max(0.001, ms.p50), ms.max]));
  if (values.length === 0) return [text("No attempt got far enough to be timed.")];
  const low = Math.log10(Math.min(...values));
  const span = Math.max(0.1, Math.log10(Math.max(...values, 0.002)) - low);
  const at = (ms: number) => ((Math.log10(Math.max(0.001, ms)) - low) / span) * 0.98;
  const columns = [
    column("stage", "text"),
    column("p50 to p99; mark: max (log)", "bar"),
    ...quantileColumns("count", TIMES),
  ];
  const rows = stages.map(({ stage, meaning, ms }): Cell[] => {
    const bar = ms && {
      ...{ from: at(ms.p50), to: Math.max(at(ms.p50) + 0.012, at(ms.p99)) },
      ...{ mark: at(ms.max) + 0.01, colour: "c1" as const },
    };
    const cells = quantileCells(ms, TIMES);
    return [{ text: stage, under: meaning }, bar === null ? "" : { text: "", bar }, ...cells];
  });
  return [table({ name: "Time to connect, by stage", columns, most: MAX_ROWS, sort: false }, rows)];
}

function closes(
  { closes: all }: ModelConnections,
  { connections: { established } }: Summary,
): Block[] {
  if (all.length === 0) return [text("No connection was closed: none was open.")];
  const columns = [column("cause", "text"), column("share of established", "bar"), column("count")];
  const rows = all.map(({ cause, meaning, count }): Cell[] => [
    { text: code(cause, 60), under: meaning },
    {
      text: "",
      bar: {
        to: established === 0 ? 0 : count / established,
        colour: cause === "plan" ? "c3" : "c2",
      },
    },
    count,
  ]);
  return [table({ name: "Why connections closed", columns, most: MAX_ROWS }, rows)];
}

function lifetimes(lifetime: Quantiles | null): Block[] {
  if (lifetime === null) return [];
  const { min, p50, p99, max } = lifetime;
  return [
    heading("How long they were open"),
    text(
      `Half of the ${formatCount(lifetime.count)} closed connections were open for ${formatMs(p50)} or less, 99% for ${formatMs(p99)} or less; the shortest for ${formatMs(min)}, the longest for ${formatMs(max)}.`,
    ),
  ];
}

/** What the target said to them, in numbers. */
function answers({ connections: c }: Summary): Block[] {
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .sort((a, b) => b[1] - a[1])
      .slice(0, MAX_ROWS)
      .map(([name, count]) => `${formatCount(count)} × ${name}`)
      .join(", ");
  const agreed = (c.agreed ?? []).slice(0, MAX_AGREED).map(({ protocol, extensions, count }) => {
    const what = [protocol || "no subprotocol", extensions || "no extension"].join(", ");
    return `${formatCount(count)} × ${what}`;
  });
  const rows = [
    { label: "failed by", text: counts(c.failedByKind) },
    { label: "by status", text: counts(c.failedByStatus) },
    { label: "closed by", text: counts(c.closedByCause) },
    { label: "by code", text: counts(c.closedByCode) },
    { label: "agreed", text: agreed.join("; ") },
  ].filter((row) => row.text !== "");
  return rows.length === 0
    ? []
    : [facts(...rows.map((row) => ({ ...row, text: prose(row.text, 600) })))];
}
