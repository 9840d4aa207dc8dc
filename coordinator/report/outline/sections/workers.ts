/**
 * Workers and environment: who carried the load, how busy it was, and what lost workers may have done unseen. Invariant:
 * what a machine calls itself is foreign.
 */

import type { ModelWorker, Origin } from "../../model/model.ts";
import type { Summary } from "../../summary-schema.ts";
import { formatCount, formatSeconds } from "../../text/format.ts";
import {
  type Block,
  code,
  type DataRow,
  datum,
  facts,
  heading,
  type Part,
  part,
  prose,
  tableOf,
  text,
} from "../block.ts";
import { momentOf } from "../moments.ts";
import { quantileData } from "../quantiles.ts";
import type { Facts, Section } from "../section.ts";

const MAX_WORKERS = 200;
const MAX_TARGETS = 20;

const RECOVERY = {
  "none-needed": "it held no load",
  open: "not taken over",
  recovered: "taken over by others",
  dropped: "dropped, as the policy says",
} as const;

type Lost = Summary["lostWorkers"][number];

/** What is known of a worker beside the summary. */
type Worker = Summary["workers"][number] & Partial<ModelWorker>;

const WORKERS: readonly Part<Worker>[] = [
  part("worker", "text", ({ id }) => code(id, 60)),
  part("host", "text", ({ host }) => code(host, 60)),
  part("end", "text", ({ lost = null, end }) =>
    lost === null ? end : ["lost: ", prose(lost, 160)],
  ),
  part("engines", "count", ({ engines }) => engines),
  part("peak open", "count", ({ peakConnections }) => peakConnections),
  part("CPU, mean", "cores", ({ cpu }) => cpu),
  part("began late by", "ms", ({ startSkewMs }) => startSkewMs),
  part("loop lag p99", "ms", ({ loopLagMs }) => loopLagMs?.p99 ?? null),
  part("loop lag max", "ms", ({ loopLagMs }) => loopLagMs?.max ?? null),
  part("saturated", "seconds", ({ saturatedSeconds }) =>
    saturatedSeconds === 0 ? { text: "none", value: 0 } : { value: saturatedSeconds, tone: "bad" },
  ),
];

const LOST: readonly Part<Lost>[] = [
  part("worker", "text", ({ id }) => code(id, 60)),
  part("load", "text", ({ recovery, fault }) =>
    fault === undefined
      ? RECOVERY[recovery]
      : [`${RECOVERY[recovery]}; on purpose: `, code(fault, 120)],
  ),
  part("lost at", "text", ({ atMs }) =>
    atMs === null ? "before the start" : momentOf(atMs / 1000),
  ),
  part("open then", "count", ({ connectionsOpen }) => connectionsOpen),
  part("unseen opens, at most", "count", ({ opensAtMost }) => opensAtMost),
  part("unseen messages, at most", "count", ({ messagesAtMost }) => messagesAtMost),
  part("left out of thresholds", "text", ({ disturbed }) => disturbedText(disturbed)),
];

export const workers: Section = {
  meta: {
    id: "workers",
    title: "Workers and environment",
    about:
      "Who carried the load and how busy it was; versions; what lost workers may have done unseen.",
  },

  build(report) {
    const { summary, origin } = report;
    const all = known(report);
    return [
      all.length === 0
        ? text("No worker took part.")
        : tableOf({ name: "Workers", most: MAX_WORKERS }, WORKERS, all),
      ...lost(summary),
      ...(origin === undefined ? [] : [environment(origin)]),
      { kind: "data", rows: all.flatMap(data) },
    ];
  },
};

function known({ summary, workers: known }: Facts): readonly Worker[] {
  return known ?? summary.workers;
}

function lost({ lostWorkers }: Summary): Block[] {
  if (lostWorkers.length === 0) return [];
  return [
    heading("Lost workers"),
    tableOf({ name: "Lost workers", most: MAX_WORKERS }, LOST, lostWorkers),
  ];
}

function disturbedText(disturbed: Lost["disturbed"]): string {
  if (disturbed === null) return "nothing";
  const { from, to } = disturbed;
  return `${formatSeconds(from / 1000)} to ${to === null ? "the end" : formatSeconds(to / 1000)}`;
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

function data(worker: Worker): DataRow[] {
  const { id, peakConnections, cpu, saturatedSeconds, frames, loopLagMs } = worker;
  const of = { scope: "worker", name: id };
  return [
    datum(of, "peak_connections", [peakConnections]),
    datum(of, "cpu", [cpu, "cores", "mean"]),
    datum(of, "saturated", [saturatedSeconds, "s"]),
    ...(frames === undefined ? [] : [datum(of, "frames", [frames])]),
    ...quantileData(of, "loop_lag", loopLagMs),
  ];
}
