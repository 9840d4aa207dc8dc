/**
 * The timeline: what happened when. Seven charts over one axis, phases and events above them, and the same as a table.
 * Invariant: every series comes from the model's timeline, in its units.
 */
import { GATES } from "../../../analysis/gates.ts";
import type { BinnedSeries, ModelTimeline, SeriesName } from "../../model/timeline.ts";
import {
  formatCount,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
  NO_DATA,
} from "../../text/format.ts";
import { type Block, type Cell, column, details, table, text } from "../block.ts";
import { momentOf } from "../moments.ts";
import type { Series, TimeFrame, TimePlot } from "../plot.ts";
import type { Section } from "../section.ts";
import type { Colour, Unit } from "../unit.ts";

const TABLE_ROWS = 48;
/** Failure kinds with a colour of their own. */
const FAILURE_COLOURS = ["c4", "c2", "c1", "c5", "c6", "c3", "c7"] as const;
/** A chart that shows the lowest of each bin, too. */
const SHADED: ReadonlySet<string> = new Set(["p50Ms", "p90Ms", "p99Ms", "maxMs", "planned"]);

export const timeline: Section = {
  meta: {
    id: "timeline",
    title: "Timeline",
    about:
      "Planned and open connections, rates, latency percentiles, failures by kind, and the generator's own health, over one axis with run time and time of day.",
    omit: {
      csv: "timeline.csv has a row a second",
      pdf: "the PDF made without a browser has no charts",
    },
  },

  build({ timeline: of }) {
    if (of === undefined) return [];
    if (of.frame.bins === 0) {
      return [text("Nothing was recorded: run time never began, or no worker has reported.")];
    }
    return [
      { kind: "strip", about: explanation(of.frame), frame: of.frame },
      ...[connections, rates, messages, latency, failures, lag, busy].map((plot) => plot(of)),
      details(
        `The same as a table, the highest of each ${formatSeconds(rowSeconds(of.frame))}`,
        figures(of),
      ),
    ];
  },
};

function explanation({ binSeconds, bands, phases }: TimeFrame): string {
  const seconds = (look: string) =>
    bands.filter((band) => band.look === look).reduce((sum, { from, to }) => sum + to - from, 0);
  const [masked, disturbed, faulty] = [seconds("masked"), seconds("disturbed"), seconds("fault")];
  return [
    binSeconds > 1
      ? `Each point stands for ${binSeconds} s: the line is the highest of its seconds, the shade reaches down to the lowest.`
      : "Each point is one second.",
    ...(phases.some(({ excluded }) => excluded)
      ? ["Grey stretches are excluded phases: nothing is judged by them."]
      : []),
    ...(masked > 0
      ? [
          `In the ${formatSeconds(masked)} marked red the generator itself was too slow: do not read them as the target's.`,
        ]
      : []),
    ...(disturbed > 0
      ? [
          `In the ${formatSeconds(disturbed)} marked yellow a worker was lost and the load was not what was planned; thresholds leave them out.`,
        ]
      : []),
    ...(faulty > 0
      ? [`In the ${formatSeconds(faulty)} marked violet faults of the scenario acted; see Faults.`]
      : []),
  ].join(" ");
}

const SHOW: Partial<Record<Unit, (value: number) => string>> = {
  ms: formatMs,
  share: formatShare,
  perSecond: formatRate,
};

function series(
  { series: all }: ModelTimeline,
  id: SeriesName,
  shape: {
    readonly label?: string;
    readonly colour: Colour;
    readonly unit: Unit;
    readonly look?: Series["look"];
  },
): Series {
  const { label = id, colour, unit, look = "line" } = shape;
  const { min, max } = all[id];
  const show = SHOW[unit] ?? formatCount;
  const most = highest(all[id]);
  const rest = most === null ? NO_DATA : `max ${show(most)}`;
  const isThinned = !SHADED.has(id) && max.some((value, at) => value !== min[at]);
  return { id, label, unit, colour, look, max, rest, ...(isThinned && { min }) };
}

function highest({ max }: BinnedSeries): number | null {
  return max.reduce(
    (most, value) => (value === null ? most : Math.max(most ?? value, value)),
    null,
  );
}

function plot(
  of: ModelTimeline,
  shape: Pick<TimePlot, "id" | "title" | "about" | "series" | "unit"> & Partial<TimePlot>,
): TimePlot {
  const { frame } = of;
  const rest = { scale: "linear", areas: [], limits: [], top: 0 } as const;
  return { kind: "plot", shape: "time", frame, ...rest, ...shape };
}

function connections(of: ModelTimeline): TimePlot {
  return plot(of, {
    id: "connections-open",
    title: "Connections",
    about: "Planned and open connections at the end of each second.",
    unit: "count",
    series: [
      series(of, "planned", { colour: "c7", unit: "count", look: "wide" }),
      series(of, "open", { colour: "c1", unit: "count" }),
    ],
  });
}

function rates(of: ModelTimeline): TimePlot {
  const unit = "perSecond";
  return plot(of, {
    id: "connection-rates",
    title: "Connections per second",
    about: "Connections opened, closed and failed in each second.",
    unit: "count",
    series: [
      series(of, "opened", { colour: "c1", unit }),
      series(of, "closed", { colour: "c7", unit }),
      series(of, "failed", { colour: "c4", unit }),
    ],
  });
}

function messages(of: ModelTimeline): TimePlot {
  const unit = "perSecond";
  return plot(of, {
    id: "message-rates",
    title: "Messages per second",
    about: "Messages sent and received in each second.",
    unit: "count",
    series: [
      series(of, "sent", { colour: "c1", unit }),
      series(of, "received", { colour: "c3", unit }),
    ],
  });
}

function latency(of: ModelTimeline): TimePlot {
  const unit = "ms";
  return plot(of, {
    id: "latency-over-time",
    title: "Latency, corrected",
    about: "Percentiles of each second, from the intended send to the reply. Logarithmic.",
    ...{ unit, scale: "log" },
    series: [
      series(of, "p50Ms", { label: "p50", colour: "c1", unit }),
      series(of, "p90Ms", { label: "p90", colour: "c5", unit }),
      series(of, "p99Ms", { label: "p99", colour: "c2", unit }),
      series(of, "maxMs", { label: "max", colour: "c7", unit, look: "thin" }),
    ],
    areas: [
      ["p50Ms", "p90Ms", "c5"],
      ["p90Ms", "p99Ms", "c2"],
    ],
  });
}

function failures(of: ModelTimeline): TimePlot {
  const { binSeconds } = of.frame;
  const unit = binSeconds === 1 ? "per second" : `per ${binSeconds} s`;
  const groups = failureGroups(of);
  return plot(of, {
    id: "failures-over-time",
    title: `Failures ${unit}`,
    about:
      groups.length === 0
        ? "No failure in the whole run."
        : `Failures of every kind, stacked, ${unit}.`,
    unit: "count",
    series: groups.map(({ kind, count, perBin }, at) => ({
      ...{ id: `failures.${at}`, label: kind, unit: "count", look: "bar" },
      ...{ colour: FAILURE_COLOURS[at] ?? "c7", max: perBin, rest: formatCount(count) },
    })),
  });
}

/** The most frequent kinds, and the rest as one. */
function failureGroups({ failures: kinds, frame }: ModelTimeline) {
  const most = FAILURE_COLOURS.length - 1;
  const named = kinds.slice(0, most).map((group) => ({ ...group, kind: group.kind as string }));
  const rest = kinds.slice(most);
  if (rest.length === 0) return named;
  const perBin = Array.from({ length: frame.bins }, (_, bin) =>
    rest.reduce((sum, group) => sum + (group.perBin[bin] ?? 0), 0),
  );
  const count = rest.reduce((all, group) => all + group.count, 0);
  return [...named, { kind: `${rest.length} other kinds`, count, perBin }];
}

function lag(of: ModelTimeline): TimePlot {
  const unit = "ms";
  return plot(of, {
    id: "generator-lag",
    title: "Generator: how late it was",
    about:
      "Send lag at the 99th percentile and the longest loop lag of each second; dashed: their limits. Logarithmic.",
    ...{ unit, scale: "log" },
    series: [
      series(of, "sendLagP99Ms", { label: "send lag p99", colour: "c1", unit }),
      series(of, "loopLagMaxMs", { label: "loop lag max", colour: "c5", unit }),
    ],
    limits: [
      { value: GATES.secondSendLagP99Us / 1000, colour: "c1" },
      { value: GATES.loopLagMaxUs / 1000, colour: "c5" },
    ],
  });
}

function busy(of: ModelTimeline): TimePlot {
  const unit = "share";
  return plot(of, {
    id: "generator-load",
    title: "Generator: how busy it was",
    about: "Share of time the busiest engine was at work in each second; dashed: the limit.",
    unit,
    series: [series(of, "utilisation", { label: "busiest engine", colour: "c1", unit })],
    limits: [{ value: GATES.utilisation, colour: "c4" }],
    top: 1,
  });
}

function rowSeconds({ bins, binSeconds }: TimeFrame): number {
  return Math.ceil(bins / TABLE_ROWS) * binSeconds;
}

function figures(of: ModelTimeline): Block {
  const { bins, binSeconds } = of.frame;
  const every = rowSeconds(of.frame) / binSeconds;
  const columns = [
    column("time", "text"),
    ...["planned", "open", "sent/s", "received/s"].map((title) => column(title)),
    ...["p50", "p99", "max"].map((title) => column(title, "ms")),
    column("failures"),
  ];
  const rows: Cell[][] = [];
  for (let from = 0; from < bins; from += every) {
    const top = (name: SeriesName) => {
      const { max, min } = of.series[name];
      return highest({ min, max: max.slice(from, from + every) });
    };
    const failed = of.failures.reduce(
      (sum, { perBin }) => perBin.slice(from, from + every).reduce((all, one) => all + one, sum),
      0,
    );
    const names = ["planned", "open", "sent", "received", "p50Ms", "p99Ms", "maxMs"] as const;
    rows.push([momentOf(from * binSeconds), ...names.map(top), failed]);
  }
  return table({ name: "Timeline as a table", columns, most: TABLE_ROWS, sort: false }, rows);
}
