/**
 * Workers and environment: who carried the load, how busy it was, and what lost workers may have done unseen. Invariant:
 * what a machine calls itself is foreign.
 */

import type { Origin } from "../../model/model.ts";
import type { Summary } from "../../summary-schema.ts";
import { formatCount, formatSeconds } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  facts,
  heading,
  prose,
  table,
  text,
} from "../block.ts";
import { momentOf } from "../moments.ts";
import { quantileData } from "../quantiles.ts";
import type { Facts, Section } from "../section.ts";

const MAX_WORKERS = 200;
const MAX_TARGETS = 20;

const COLUMNS = [
  column("worker", "text"),
  column("host", "text"),
  column("end", "text"),
  column("engines"),
  column("peak open"),
  column("CPU, mean", "cores"),
  column("began late by", "ms"),
  column("loop lag p99", "ms"),
  column("loop lag max", "ms"),
  column("saturated", "seconds"),
];
const LOST_COLUMNS = [
  column("worker", "text"),
  column("load", "text"),
  column("lost at", "text"),
  column("open then"),
  column("unseen opens, at most"),
  column("unseen messages, at most"),
  column("left out of thresholds", "text"),
];
const RECOVERY = {
  "none-needed": "it held no load",
  open: "not taken over",
  recovered: "taken over by others",
  dropped: "dropped, as the policy says",
} as const;

export const workers: Section = {
  meta: {
    id: "workers",
    title: "Workers and environment",
    about:
      "Who carried the load and how busy it was; versions; what lost workers may have done unseen.",
  },

  build(report) {
    const { summary, origin } = report;
    return [
      ...(summary.workers.length === 0 ? [text("No worker took part.")] : [workerTable(report)]),
      ...lost(summary),
      ...(origin === undefined ? [] : [environment(origin)]),
      { kind: "data", rows: data(report) },
    ];
  },
};

function workerTable({ summary, workers: known }: Facts): Block {
  const rows = summary.workers.map((worker, at): Cell[] => {
    const lostBy = known?.[at]?.lost ?? null;
    return [
      code(worker.id, 60),
      code(worker.host, 60),
      lostBy === null ? worker.end : ["lost: ", prose(lostBy, 160)],
      worker.engines,
      worker.peakConnections,
      worker.cpu,
      worker.startSkewMs,
      ...[worker.loopLagMs?.p99 ?? null, worker.loopLagMs?.max ?? null],
      worker.saturatedSeconds === 0
        ? { text: "none", value: 0 }
        : { value: worker.saturatedSeconds, tone: "bad" },
    ];
  });
  return table({ name: "Workers", columns: COLUMNS, most: MAX_WORKERS }, rows);
}

function lost({ lostWorkers }: Summary): Block[] {
  if (lostWorkers.length === 0) return [];
  const rows = lostWorkers.map((one): Cell[] => {
    const { id, recovery, atMs, connectionsOpen, opensAtMost, messagesAtMost, disturbed } = one;
    const until = disturbed?.to ?? null;
    return [
      code(id, 60),
      RECOVERY[recovery],
      atMs === null ? "before the start" : momentOf(atMs / 1000),
      ...[connectionsOpen, opensAtMost, messagesAtMost],
      disturbed === null
        ? "nothing"
        : `${formatSeconds(disturbed.from / 1000)} to ${until === null ? "the end" : formatSeconds(until / 1000)}`,
    ];
  });
  return [
    heading("Lost workers"),
    table({ name: "Lost workers", columns: LOST_COLUMNS, most: MAX_WORKERS }, rows),
  ];
}

function environment(origin: Origin): Block {
  const { bus, versions, connections, shards, plannedSeconds, driver, targets } = origin;
  const load = `${formatCount(connections)} connections in ${formatCount(shards)} shards over ${formatSeconds(plannedSeconds)}`;
  const shown = targets.slice(0, MAX_TARGETS).flatMap((url, at) => [at > 0 ? ", " : "", code(url)]);
  return facts(
    { label: "targets", text: shown },
    { label: "planned", text: load },
    { label: "bus", text: `${bus} (between coordinator and workers)` },
    { label: "driver", text: driver },
    {
      label: "versions",
      text: [
        "onrush ",
        code(versions.onrush, 40),
        ", node ",
        code(versions.node, 40),
        `, wire ${versions.wire}`,
      ],
    },
  );
}

function data({ summary, workers: known }: Facts): DataRow[] {
  return summary.workers.flatMap((worker, at): DataRow[] => {
    const of = { scope: "worker", name: worker.id };
    const frames = known?.[at]?.frames;
    return [
      {
        ...of,
        measure: "peak_connections",
        statistic: "count",
        unit: "",
        value: worker.peakConnections,
      },
      { ...of, measure: "cpu", statistic: "mean", unit: "cores", value: worker.cpu },
      {
        ...of,
        measure: "saturated",
        statistic: "value",
        unit: "s",
        value: worker.saturatedSeconds,
      },
      ...(frames === undefined
        ? []
        : [{ ...of, measure: "frames", statistic: "count", unit: "", value: frames }]),
      ...quantileData(of, "loop_lag", worker.loopLagMs),
    ];
  });
}
