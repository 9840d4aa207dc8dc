/**
 * The percentile curve: latency at every percentile, with a logarithmic percentile axis so that the tail has room,
 * corrected latency beside service time. Called by the latency section. Invariant: drawn from points of the exact
 * merged histograms; where the curves part, the generator or a queue before the target made messages wait.
 */
import type { ComparedCurve } from "../../analysis/compare/comparison.ts";
import { formatMs } from "../format.ts";
import { type CurvePoint, MAX_NINES, type ModelLatency, ninesOf } from "../model-latency.ts";
import { type Axis, compactMs, logAxis, round } from "./axis.ts";
import { html, type Markup } from "./markup.ts";
import { FOOT_PX, HEAD_PX, xGrid, xLabel, yGrid, yLabels } from "./plot.ts";

const HEIGHT_PX = 240;
/** Units of the stretched drawing per factor of ten in 1 - p. */
const PER_NINE = 200;

const TICKS: readonly (readonly [percentile: number, label: string])[] = [
  [0, "min"],
  [0.5, "p50"],
  [0.9, "p90"],
  [0.99, "p99"],
  [0.999, "p99.9"],
  [0.9999, "p99.99"],
  [0.99999, "p99.999"],
];

const CURVE_TITLES: Readonly<Record<ComparedCurve["metric"], string>> = {
  latency: "Latency at every percentile",
  service: "Service time at every percentile",
  connect: "Connect time at every percentile",
};

interface Curve {
  readonly label: string;
  readonly colour: "c1" | "c2";
  /** By which the script finds its points; null: the cursor does not reach it. */
  readonly series: string | null;
  readonly points: readonly CurvePoint[];
}

export function curveChart({ correctedCurve, serviceCurve }: ModelLatency): Markup {
  return panel("Latency at every percentile", "Corrected latency and service time", [
    { label: "corrected", colour: "c1", series: "corrected", points: correctedCurve },
    { label: "service time", colour: "c2", series: "service", points: serviceCurve },
  ]);
}

/** Both sides of a comparison, one over the other. */
export function overlaidCurves({ metric, points }: ComparedCurve): Markup {
  const side = (key: "aMs" | "bMs") =>
    points.flatMap((point): CurvePoint[] => {
      const ms = point[key];
      return ms === null ? [] : [{ percentile: point.percentile / 100, ms }];
    });
  return panel(`${CURVE_TITLES[metric]}, before and now`, "Baseline and candidate", [
    { label: "candidate", colour: "c1", series: null, points: side("bMs") },
    { label: "baseline", colour: "c2", series: null, points: side("aMs") },
  ]);
}

function panel(title: string, what: string, curves: readonly Curve[]): Markup {
  const all = curves.flatMap(({ points }) => points.map(({ ms }) => ms)).filter((ms) => ms > 0);
  const range = { low: Math.min(...all), high: Math.max(...all), heightPx: HEIGHT_PX };
  const axis = logAxis(range, compactMs);
  const ticks = TICKS.map(([percentile, label]) => ({
    share: ninesOf(percentile) / MAX_NINES,
    label,
  }));
  const isLive = curves.some(({ series }) => series !== null);
  return html`<figure class="panel wide">
<figcaption><h3>${title}</h3><ul class="legend">${curves.map(legend)}</ul></figcaption>
<div class="plot">${yLabels(axis, HEIGHT_PX)}<svg class="${isLive ? "x curve" : "x"}" role="img"${isLive ? html` tabindex="0"` : null} width="100%" height="${HEIGHT_PX + HEAD_PX + FOOT_PX}" aria-label="${title}. ${what}, both axes logarithmic.">
<svg y="${HEAD_PX}" width="100%" height="${HEIGHT_PX}">${yGrid(axis)}${ticks.map(({ share }) => xGrid(share, HEIGHT_PX))}
<svg class="ink" width="100%" height="${HEIGHT_PX}" viewBox="0 0 ${MAX_NINES * PER_NINE} ${HEIGHT_PX}" preserveAspectRatio="none">${curves.toReversed().map(({ colour, points }) => html`<path class="line ${colour}" d="${path(points, axis)}"/>`)}</svg>
${isLive ? html`<line class="cursor" x1="-9" x2="-9" y1="0" y2="${HEIGHT_PX}"/>` : null}</svg>
${ticks.map(({ share, label }) => xLabel(share, HEIGHT_PX, label, label === "min" || label === "p99.99"))}</svg></div>
</figure>`;
}

function legend({ label, colour, series, points }: Curve): Markup {
  const rest = points.length === 0 ? "no data" : `max ${formatMs(points.at(-1)?.ms ?? null)}`;
  const value =
    series === null
      ? html`<b>${rest}</b>`
      : html`<b data-series="${series}" data-rest="${rest}">${rest}</b>`;
  return html`<li><i class="${colour}"></i>${label} ${value}</li>`;
}

/** Steps: up to its percentile, a point's latency is the one. */
function path(points: readonly CurvePoint[], axis: Axis): string {
  return points
    .map(({ percentile, ms }, at) => {
      const x = round(ninesOf(percentile) * PER_NINE);
      return at === 0 ? `M${x} ${axis.place(ms)}` : `V${axis.place(ms)}H${x}`;
    })
    .join("");
}

/** What the script reads: places on the axis (0 to MAX_NINES) and milliseconds. */
export function curveData(points: readonly CurvePoint[]): (readonly [at: number, ms: number])[] {
  return points.map(({ percentile, ms }) => [Math.round(ninesOf(percentile) * 1e4) / 1e4, ms]);
}
