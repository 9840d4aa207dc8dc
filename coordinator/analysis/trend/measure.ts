/**
 * What is followed from run to run, read off their summaries: ids, margins and directions are those of `compare`, where it has the same
 * measure. Called by judge-row.ts and the command line. Invariant: what a summary does not have is null, never 0.
 */
import { findMeasure } from "../compare/measure.ts";
import type { TrendRow } from "./outcome.ts";

type Times = Readonly<Record<"p50" | "p75" | "p90" | "p95" | "p99" | "p999" | "p9999", number>>;

/** Of summary.json. */
export interface RunSummary {
  readonly durationSeconds: number;
  readonly connections: {
    readonly attempted: number;
    readonly established: number;
    readonly failed: number;
    readonly dropped: number | null;
    readonly connectMs: Times | null;
  };
  readonly messages: {
    readonly sent: number;
    readonly received: number;
    readonly expected: number;
    readonly timedOut: number | null;
    readonly unanswered: number | null;
    readonly latencyMs: Times | null;
    readonly serviceMs: Times | null;
  };
  readonly capacity: { readonly sustainable: number | null } | null;
}

export interface TrendMeasure extends Pick<TrendRow, "unit" | "better" | "margin"> {
  readonly id: string;
  /** Only where it is asked for. */
  readonly isExtra: boolean;
  readonly read: (summary: RunSummary) => number | null;
}

const PERCENTILES: Readonly<Record<string, keyof Times>> = {
  ...{ p50: "p50", p75: "p75", p90: "p90", p95: "p95", p99: "p99" },
  ...{ "p99.9": "p999", "p99.99": "p9999" },
};
const SHOWN = new Set(["latency.p50", "latency.p95", "latency.p99", "connect.p95"]);
/** Of what `compare` has no measure of. */
const MARGIN = { dropped: 0.001, capacity: 0.05 } as const;

export const TREND_MEASURES: readonly TrendMeasure[] = [
  ...times("latency", ({ messages }) => messages.latencyMs),
  ...times("service", ({ messages }) => messages.serviceMs),
  ...times("connect", ({ connections }) => connections.connectMs),
  known("connect.failed", "share", ({ connections: c }) => share(c.failed, c.attempted)),
  known("delivery.timedOut", "share", ({ messages: m }) => share(m.timedOut, m.expected)),
  known("delivery.unanswered", "share", ({ messages: m }) => share(m.unanswered, m.expected)),
  {
    ...{ id: "connections.dropped", unit: "share", better: "lower", isExtra: false },
    margin: MARGIN.dropped,
    read: ({ connections: c }) => share(c.dropped, c.established),
  },
  known("messages.sent", "perSecond", (run) => rate(run.messages.sent, run)),
  known("messages.received", "perSecond", (run) => rate(run.messages.received, run)),
  {
    ...{ id: "capacity.sustainable", unit: "connections", better: "higher", isExtra: false },
    margin: MARGIN.capacity,
    read: ({ capacity }) => capacity?.sustainable ?? null,
  },
];

/** By its id, or as `compare` abbreviates: p99, failed, sent. */
export function findTrendMeasure(name: string): TrendMeasure | null {
  const full = /^p\d/.test(name) ? `latency.${name.replace(/^p99(9+)$/, "p99.$1")}` : name;
  const of = (id: string) => id === full || id.slice(id.indexOf(".") + 1) === full;
  return TREND_MEASURES.find(({ id }) => of(id)) ?? null;
}

function times(metric: string, of: (summary: RunSummary) => Times | null): readonly TrendMeasure[] {
  return Object.entries(PERCENTILES).map(([percentile, key]) =>
    known(`${metric}.${percentile}`, "ms", (summary) => of(summary)?.[key] ?? null),
  );
}

function known(
  id: string,
  unit: TrendRow["unit"],
  read: (summary: RunSummary) => number | null,
): TrendMeasure {
  const measure = findMeasure(id);
  const { better = "lower", margin = 0 } = measure ?? {};
  return { id, unit, better, margin, read, isExtra: unit === "ms" && !SHOWN.has(id) };
}

function share(part: number | null, whole: number): number | null {
  return part === null || whole === 0 ? null : part / whole;
}

/** Over the whole run, as its plan is the same in all of them. */
function rate(count: number, { durationSeconds }: RunSummary): number | null {
  return durationSeconds > 0 && count > 0 ? count / durationSeconds : null;
}
