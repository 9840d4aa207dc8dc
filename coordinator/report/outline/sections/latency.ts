/**
 * Latency: the curve of every percentile, corrected latency beside service time, what percentiles hide, and figures by
 * message and phase. Invariant: all are of the phases and seconds that count, but for the heat map, which is of the whole run.
 */

import type { ModelLatency } from "../../model/latency.ts";
import { formatCount, formatMs } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  details,
  lead,
  table,
  text,
} from "../block.ts";
import { quantileCells, quantileColumns, quantileData } from "../quantiles.ts";
import type { Facts, Section } from "../section.ts";

/** Rows of messages and phases; results.csv has more. */
const MAX_BREAKDOWN = 200;
const TIMES = ["p50", "p90", "p99", "p999", "max"] as const;

export const latency: Section = {
  meta: {
    id: "latency",
    title: "Latency",
    about:
      "The curve of every percentile, with room for the tail, corrected latency beside service time: where they part, messages waited before they were sent. The heat map shows what percentiles hide: two groups of replies, a retransmission at 200 ms, a pause once a minute.",
  },

  build(report) {
    const { summary, timeline } = report;
    const { latencyMs, serviceMs } = summary.messages;
    const of = report.latency;
    const heat = of?.heat ?? null;
    if (latencyMs === null && heat === null && (of?.breakdown ?? []).length === 0) {
      return [text("No reply was measured: no message expects one, or none came.")];
    }
    const rows: Cell[][] = [
      [{ text: "corrected", under: "done − intended" }, ...quantileCells(latencyMs)],
      [{ text: "service time", under: "done − sent" }, ...quantileCells(serviceMs)],
      [
        { text: "send lag", under: "sent − intended" },
        ...quantileCells(summary.validity.sendLagMs),
      ],
    ];
    const columns = [column("time", "text"), ...quantileColumns("count")];
    return [
      lead(
        `Corrected latency counts from the moment a message was meant to be sent, so a target that stalls cannot hide the messages it held up. ${gap(report)}`,
      ),
      ...curves(of, latencyMs === null),
      table({ name: "Latency", columns, most: rows.length, sort: false }, rows),
      ...(heat === null || timeline === undefined
        ? []
        : [
            {
              ...({
                kind: "plot",
                shape: "heat",
                id: "latency-heat",
                frame: timeline.frame,
                heat,
              } as const),
              title: "Replies by latency over time",
              about: `How many replies took how long in each ${heat.columnSeconds} s, logarithmic.`,
            },
          ]),
      ...(of === undefined || of.breakdown.length === 0 ? [] : breakdown(of)),
      { kind: "data", rows: (of?.breakdown ?? []).flatMap(breakdownData) },
    ];
  },
};

function gap({ summary: { messages } }: Facts): string {
  const { latencyMs, serviceMs } = messages;
  if (latencyMs === null || serviceMs === null) return "";
  return `At p99 it is ${formatMs(latencyMs.p99)}, and the service time alone is ${formatMs(serviceMs.p99)}.`;
}

function curves(of: ModelLatency | undefined, isExcluded: boolean): Block[] {
  if (of === undefined) return [];
  if (isExcluded) return [text("Only excluded phases have replies; the curve leaves those out.")];
  return [
    {
      ...{ kind: "plot", shape: "curve", id: "latency-curve" },
      title: "Latency at every percentile",
      about: "Corrected latency and service time, both axes logarithmic.",
      curves: [
        { id: "corrected", label: "corrected", colour: "c1", points: of.correctedCurve },
        { id: "service", label: "service time", colour: "c2", points: of.serviceCurve },
      ],
    },
  ];
}

function breakdown({ breakdown: all, breakdownMore }: ModelLatency): Block[] {
  const columns = [
    column("message", "text"),
    column("phase", "text"),
    ...quantileColumns("replies", TIMES),
    column("service p50", "ms"),
    column("service p99", "ms"),
  ];
  const rows = all.map(({ name, phase, excluded, latency: q, service }): Cell[] => [
    code(name, 64),
    [code(phase, 64), excluded ? " (excluded)" : ""],
    ...quantileCells(q, TIMES),
    service?.p50 ?? null,
    service?.p99 ?? null,
  ]);
  const shape = { name: "Latency by message and phase", columns, keys: 2 };
  const whole = table({ ...shape, most: MAX_BREAKDOWN, more: breakdownMore }, rows);
  return [details(`By message and phase (${formatCount(rows.length)} rows)`, whole)];
}

function breakdownData(row: ModelLatency["breakdown"][number]): DataRow[] {
  const place = { scope: "message", phase: row.phase, name: row.name };
  return [
    ...quantileData(place, "latency", row.latency),
    ...quantileData(place, "service", row.service),
  ];
}
