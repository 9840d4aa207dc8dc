/**
 * How long connections lasted before the target ended them. Invariant: nothing without unplanned ends; what was sampled, and what
 * may have had one cause, is said.
 */
import { MIN_BLOCK_SECONDS } from "../../../analysis/stats/dependence.ts";
import type { SummarySurvival } from "../../survival/survival-schema.ts";
import type { SurvivalPoint } from "../../survival/survival-summary.ts";
import { countOf, formatCount, formatMs, formatShare } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  datum,
  lead,
  note,
  table,
} from "../block.ts";
import type { XyCurve } from "../plot.ts";
import type { Section } from "../section.ts";

const MOST = 40;
/** Of chance, for a difference between targets to be called one. */
const MOST_P = 0.01;

const LEFT = [
  column("age", "text"),
  column("left", "share"),
  column("95% from", "share"),
  column("to", "share"),
];
const HAZARD = [
  column("age", "text"),
  column("ended", "figure"),
  column("ends per connection-hour", "figure", "per_hour"),
  column("95%", "text", "interval"),
];
const TARGETS = [
  column("target", "text"),
  column("ended", "figure"),
  column("expected", "figure"),
  column("p", "figure"),
];

export const survival: Section = {
  meta: {
    id: "survival",
    title: "How long connections lasted",
    about:
      "Of a run in which the target ended 10 connections or more, unplanned: the share left at each age (Kaplan-Meier), ends per connection-hour by age, and whether those of one target end sooner (log-rank).",
  },

  build({ summary: { survival: seen }, survivalCurve: points = [] }) {
    if (seen === undefined) return [];
    return [
      lead(leadText(seen)),
      ...(points.length === 0 ? [] : [chart(points)]),
      table(
        { name: "Left by age", columns: LEFT, most: MOST, sort: false },
        seen.left.map(leftRow),
      ),
      ...hazardChart(seen.hazard),
      table(
        { name: "Ends by age", columns: HAZARD, most: MOST, sort: false },
        seen.hazard.map(hazardRow),
      ),
      ...targetTable(seen),
      note(noteText(seen)),
      { kind: "data", rows: data(seen) },
    ];
  },
};

function leadText({ ended, connections, medianMs, left, hazard }: SummarySurvival): string {
  const last = left.at(-1);
  const half =
    medianMs === null
      ? `${formatShare(last?.share ?? null)} would be left at ${formatMs(last?.ageMs ?? null)}`
      : `half would have ended by ${formatMs(medianMs)}`;
  const worst = hazard.reduce((a, b) => (b.perHour > a.perHour ? b : a), hazard[0] ?? NO_BIN);
  const when =
    worst.ended === 0
      ? ""
      : ` They end most often at an age of ${ages(worst)}: ${rate(worst.perHour)} per connection-hour.`;
  return `The target ended ${formatCount(ended)} of ${countOf(connections, "connection")} unplanned. Without any planned end ${half}.${when}`;
}

const NO_BIN = { ended: 0, perHour: 0, fromMs: 0, toMs: 0 };

function ages({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): string {
  return `${formatMs(fromMs)} to ${formatMs(toMs)}`;
}

/** Steps down from 1, with the band as an area where there is one. */
function chart(points: readonly SurvivalPoint[]): Block {
  const last = points.at(-1);
  // Both corners of each step, as areas have straight edges.
  const stepped = (value: (point: SurvivalPoint) => number) =>
    points.flatMap((point, at) => {
      const before = points[at - 1] ?? point;
      return [[point.ms, value(before)] as const, [point.ms, value(point)] as const];
    });
  const edge = (id: string, value: (point: SurvivalPoint) => number): XyCurve => {
    const look = { colour: "c7", look: "thin" } as const;
    return { id, label: `95% ${id}`, ...look, points: stepped(value), rest: "" };
  };
  const isSure = points.some(({ band }) => band !== null);
  const bounds = [
    edge("from", ({ band, share }) => band?.low ?? share),
    edge("to", ({ band, share }) => band?.high ?? share),
  ];
  return {
    ...{ kind: "plot", shape: "xy", id: "survival-curve" },
    title: "Connections left at an age",
    about: `Kaplan-Meier: planned ends are counted until then.${isSure ? " Shaded: the 95 % interval." : ""} It ends at the oldest connection that was ended.`,
    x: { label: "age", unit: "ms", to: Math.max(1, last?.ms ?? 0) },
    y: { label: "left", unit: "share", to: 1 },
    curves: [
      {
        ...{ id: "left", label: "left", colour: "c2", look: "step" },
        points: points.map(({ ms, share }) => [ms, share] as const),
        rest: `${formatShare(last?.share ?? null)} at ${formatMs(last?.ms ?? null)}`,
      },
      ...(isSure ? bounds : []),
    ],
    areas: isSure ? [["from", "to", "c2"]] : [],
    marks: [],
  };
}

/** Ends per connection-hour at each age, with the interval where there is one. */
function hazardChart(hazard: SummarySurvival["hazard"]): Block[] {
  const last = hazard.at(-1);
  if (last === undefined || hazard.length < 2) return [];
  type Bin = SummarySurvival["hazard"][number];
  const stepped = (value: (bin: Bin) => number) => [
    ...hazard.map((bin) => [bin.fromMs, value(bin)] as const),
    [last.toMs, value(last)] as const,
  ];
  const most = Math.max(...hazard.map(({ perHour, interval }) => interval?.high ?? perHour));
  const edge = (id: string, value: (bin: Bin) => number): XyCurve => {
    const look = { colour: "c7", look: "step" } as const;
    return { id, label: `95% ${id}`, ...look, points: stepped(value), rest: "" };
  };
  const isSure = hazard.some(({ interval }) => interval !== null);
  return [
    {
      ...{ kind: "plot", shape: "xy", id: "hazard" },
      title: "Ends per connection-hour by age",
      about:
        "How often a connection of this age is ended, unplanned, if it stayed at this age for an hour.",
      x: { label: "age", unit: "ms", to: last.toMs },
      y: { label: "ends per connection-hour", unit: "count", to: most },
      curves: [
        {
          ...{ id: "rate", label: "ends per connection-hour", colour: "c2", look: "step" },
          points: stepped(({ perHour }) => perHour),
          rest: `max ${rate(Math.max(...hazard.map(({ perHour }) => perHour)))}`,
        },
        ...(isSure
          ? [
              edge("from", ({ perHour, interval }) => interval?.low ?? perHour),
              edge("to", ({ perHour, interval }) => interval?.high ?? perHour),
            ]
          : []),
      ],
      areas: [],
      marks: [],
    },
  ];
}

function leftRow({ ageMs, share, interval }: SummarySurvival["left"][number]): Cell[] {
  return [formatMs(ageMs), share, interval?.low ?? null, interval?.high ?? null];
}

function hazardRow(bin: SummarySurvival["hazard"][number]): Cell[] {
  const { ended, perHour, interval } = bin;
  const sure = interval === null ? "" : `${rate(interval.low)} to ${rate(interval.high)}`;
  return [ages(bin), rate(ended), rate(perHour), sure];
}

function targetTable({ targets }: SummarySurvival): Block[] {
  if (targets.length === 0) return [];
  const rows = targets.map(({ target, ended, expected, p }): Cell[] => [
    code(target, 120),
    rate(ended),
    rate(expected),
    { text: p < 0.001 ? "< 0.001" : p.toFixed(3), ...(p < MOST_P && { tone: "warn" as const }) },
  ]);
  return [table({ name: "Ends by target, at the same age", columns: TARGETS, most: MOST }, rows)];
}

function noteText({ ended, known, moments, left }: SummarySurvival): string {
  const sampled =
    known < ended
      ? `The ages of ${formatCount(known)} ends are known, a random sample that stands for all; how many connections reached an age is exact.`
      : "All lifetimes and all ends are known.";
  const sure = left.some(({ interval }) => interval !== null)
    ? "Intervals (Greenwood) are widened by how unevenly ends lie over the run."
    : `The ends cluster into about ${rate(moments)} independent ${MIN_BLOCK_SECONDS} s blocks: too few for an interval, as one incident may have ended many.`;
  return `${sampled} ${sure} Ends by faults of the scenario, by the plan or by us count as time without an end.`;
}

/** Three useful figures. */
function rate(value: number): string {
  return value >= 1000 ? formatCount(value) : String(Number(value.toPrecision(3)));
}

function data({ ended, known, medianMs, left, hazard, targets }: SummarySurvival): DataRow[] {
  const run = { scope: "run" };
  return [
    datum(run, "survival_ended", [ended]),
    datum(run, "survival_known", [known]),
    datum(run, "survival_median", [medianMs, "ms"]),
    ...left.flatMap(({ ageMs, share, interval }) => {
      const place = { scope: "age", name: `${ageMs}ms` };
      return [
        datum(place, "survival_left", [share]),
        datum(place, "survival_left_low", [interval?.low ?? null]),
        datum(place, "survival_left_high", [interval?.high ?? null]),
      ];
    }),
    ...hazard.flatMap(({ fromMs, toMs, ended: own, perHour }) => {
      const place = { scope: "age", name: `${fromMs}ms to ${toMs}ms` };
      return [datum(place, "survival_ended", [own]), datum(place, "survival_per_hour", [perHour])];
    }),
    ...targets.flatMap(({ target, ended: own, expected, p }) => {
      const place = { scope: "target", name: target };
      return [
        datum(place, "survival_ended", [own]),
        datum(place, "survival_expected", [expected]),
        datum(place, "survival_p", [p]),
      ];
    }),
  ];
}
