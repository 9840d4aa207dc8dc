/**
 * When figures reach their limits. Invariants: a moment stands with its interval and with the load it is for; where there is no forecast
 * the reason does.
 */
import { LEAST_BLOCKS, MOST_HORIZON } from "../../../analysis/stats/forecast.ts";
import type { SummaryForecast } from "../../forecast/forecast-schema.ts";
import type { ForecastChart } from "../../forecast/forecast-summary.ts";
import { countOf, formatMs } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  datum,
  facts,
  lead,
  note,
  table,
} from "../block.ts";
import type { XyPlot } from "../plot.ts";
import type { Section } from "../section.ts";

const MOST = 40;

const COLUMNS = [
  column("figure", "text"),
  column("limit", "figure"),
  column("last", "figure"),
  column("per hour", "figure", "per_hour"),
  column("reaches its limit", "text", "reach"),
  column("90%", "text", "interval"),
  column("rests on", "text", "basis"),
];
const MEMORY = [
  column("memory", "text"),
  column("per connection-hour", "figure", "per_connection_hour"),
  column("90%", "text", "interval"),
  column("per message", "figure", "per_message"),
  column("90% ", "text", "interval_per_message"),
];

const REASONS: Readonly<Record<NonNullable<SummaryForecast["why"]>, string>> = {
  unsteady: `fewer than ${LEAST_BLOCKS} readings at constant load`,
  short: `fewer than ${LEAST_BLOCKS} independent stretches of readings at constant load`,
  flat: "no rise beyond chance",
  untested: "what its first part foretold did not come true in the rest",
};

export const forecast: Section = {
  meta: {
    id: "forecast",
    title: "Forecast",
    about:
      "Of a run that reads the target's own figures ([observe.md](observe.md#forecasts)): when those with a limit reach it at the load that was observed, with an interval of 90 %, and what memory each connection-hour and message leaves behind. Only where the first part of the run foretold the rest; else the reason why there is none.",
  },

  build({ summary: { forecasts: all = [] }, forecastCharts: charts = [] }) {
    if (all.length === 0) return [];
    const memory = all.filter(({ perConnectionHour }) => perConnectionHour !== null);
    return [
      lead(leadText(all)),
      ...charts.map(chart),
      table({ name: "Forecast", columns: COLUMNS, most: MOST, sort: false }, all.map(row)),
      ...(memory.length === 0
        ? []
        : [
            table(
              { name: "Memory left behind", columns: MEMORY, most: MOST },
              memory.map(memoryRow),
            ),
          ]),
      note(
        `As if the load of the stretch went on: a straight line through medians of blocks. Bands are of 90 %, and were held against the run itself: cut at each block from the middle on, it had to foretell the rest better than "it stays as it was", with 85 % of it in the band. No forecast goes further than ${MOST_HORIZON} times the stretch it rests on. Memory by the connection-hour and by the message: each as if it alone were to blame.`,
      ),
      { kind: "data", rows: all.flatMap(data) },
    ];
  },

  brief({ summary: { forecasts: all = [] } }) {
    const [first] = all.filter(({ outcome }) => outcome === "reaches" || outcome === "reached");
    return first === undefined
      ? []
      : [facts({ label: "forecast", text: [code(first.figure, 80), ` ${reachText(first)}`] })];
  },
};

function leadText(all: readonly SummaryForecast[]): string {
  const count = (outcome: SummaryForecast["outcome"]) =>
    all.filter((one) => one.outcome === outcome).length;
  const parts = [
    [count("reached"), "reached its limit in the run"],
    [count("reaches"), "is forecast to reach its limit"],
    [count("later"), "rises, and reaches its limit later than can be told"],
    [count("grows"), "rises, and has no known limit"],
    [count("none"), "has no forecast"],
  ] as const;
  const said = parts.filter(([of]) => of > 0).map(([of, what]) => `${of} ${what}`);
  return `Of ${countOf(all.length, "figure")}: ${said.join("; ")}.`;
}

function row(one: SummaryForecast): Cell[] {
  const { figure, of, limit, last, perHour, from, to, readings, blocks, backTest } = one;
  const span = from === null || to === null ? "" : `${moments(from, to)}, `;
  const tested =
    backTest === null ? "" : `, ${backTest.covered} of ${backTest.of} later blocks in the band`;
  return [
    of === "target" ? code(figure, 120) : figure,
    exact(limit),
    exact(last),
    shown(perHour?.estimate ?? null),
    reachCell(one),
    intervalText(one),
    `${span}${countOf(readings, "reading")}, ${countOf(blocks, "block")}${tested}`,
  ];
}

function reachCell(one: SummaryForecast): Cell {
  const text = reachText(one);
  const isBad = one.outcome === "reaches" || one.outcome === "reached";
  return isBad ? { text, tone: "warn" } : text;
}

function reachText({ outcome, why, reach, to, horizon }: SummaryForecast): string {
  const after = (moment: number) => `${formatMs(Math.max(0, moment - (to ?? 0)))} later`;
  switch (outcome) {
    case "reached":
      return `reached it at ${formatMs(reach)}`;
    case "reaches":
      return `reaches it at ${formatMs(reach)}, ${after(reach ?? 0)}`;
    case "later":
      return `not within ${formatMs(horizon)}`;
    case "grows":
      return "has no known limit";
    case "none":
      return `no forecast: ${why === null ? "" : REASONS[why]}`;
  }
}

function intervalText({ outcome, earliest, latest, horizon }: SummaryForecast): string {
  if (outcome !== "reaches" && outcome !== "later") return "";
  if (earliest === null) return `later than ${formatMs(horizon)}`;
  return latest === null
    ? `${formatMs(earliest)} or later`
    : `${formatMs(earliest)} to ${formatMs(latest)}`;
}

function moments(from: number, to: number): string {
  return `${formatMs(from)} to ${formatMs(to)}`;
}

function memoryRow({ figure, perConnectionHour, perMessage }: SummaryForecast): Cell[] {
  return [
    code(figure, 120),
    shown(perConnectionHour?.estimate ?? null),
    between(perConnectionHour),
    shown(perMessage?.estimate ?? null),
    between(perMessage),
  ];
}

function between(interval: SummaryForecast["perHour"]): string {
  return interval === null ? "" : `${shown(interval.low)} to ${shown(interval.high)}`;
}

function exact(value: number | null): string {
  return value === null ? "" : value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

/** Three useful figures, in the figure's own unit. */
function shown(value: number | null): string {
  if (value === null) return "";
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 6 });
}

function chart({ figure, readings, band }: ForecastChart, at: number): Block {
  const last = band.at(-1)?.at ?? 1;
  const limit = figure.limit ?? 0;
  const highest = Math.max(...readings.map(({ value }) => value), ...band.map(({ high }) => high));
  const edge = (id: "low" | "high"): XyPlot["curves"][number] => ({
    ...{ id, label: id === "low" ? "90% from" : "to", colour: "c5", look: "thin", rest: "" },
    points: band.map((one) => [one.at, one[id]] as const),
  });
  return {
    ...{ kind: "plot", shape: "xy", id: `forecast-${at}` },
    title: "Measured, and forecast",
    about: `The line and its band of 90 %, as if the load of the stretch went on.${figure.limit === null ? "" : " Dashed: the limit."}`,
    x: { label: "run time", unit: "seconds", to: last },
    y: { label: "value", unit: "count", to: Math.max(highest, Math.min(limit, 3 * highest)) },
    curves: [
      {
        ...{ id: "measured", label: figure.name, colour: "c1", look: "dots" },
        points: readings.map(({ at: moment, value }) => [moment, value] as const),
        rest: `last ${exact(readings.at(-1)?.value ?? null)}`,
      },
      {
        ...{ id: "line", label: "forecast", colour: "c2", look: "line", rest: "" },
        points: band.map(({ at: moment, estimate }) => [moment, estimate] as const),
      },
      edge("low"),
      edge("high"),
    ],
    areas: [["low", "high", "c5"]],
    marks: figure.limit === null ? [] : [figure.limit],
  };
}

function data(one: SummaryForecast): DataRow[] {
  const place = { scope: "figure", name: one.figure };
  const interval = (measure: string, of: SummaryForecast["perHour"]) =>
    of === null
      ? []
      : [
          datum(place, measure, [of.estimate, "", "value"]),
          datum(place, `${measure}_low`, [of.low, "", "value"]),
          datum(place, `${measure}_high`, [of.high, "", "value"]),
        ];
  return [
    datum(place, "forecast_reach", [one.reach, "ms"]),
    datum(place, "forecast_earliest", [one.earliest, "ms"]),
    datum(place, "forecast_latest", [one.latest, "ms"]),
    ...interval("forecast_per_hour", one.perHour),
    ...interval("forecast_per_connection_hour", one.perConnectionHour),
    ...interval("forecast_per_message", one.perMessage),
  ];
}
