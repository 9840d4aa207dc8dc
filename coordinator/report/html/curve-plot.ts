/**
 * Percentile curves: a time at every percentile, with a logarithmic percentile axis so that the tail has room. Called by
 * blocks.ts. Invariant: drawn from points of the exact merged histograms; up to its percentile, a point's time is the one.
 */

import { type CurvePlot, type CurvePoint, curveRest, MAX_NINES, ninesOf } from "../outline/plot.ts";
import { type Axis, compactMs, logAxis, round } from "./axis.ts";
import { html, type Markup } from "./markup.ts";
import { FOOT_PX, HEAD_PX, xGrid, xLabel, yGrid, yLabels } from "./paths.ts";

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

export function curvePlot({ id, title, about, curves }: CurvePlot): Markup {
  const all = curves.flatMap(({ points }) => points.map(({ ms }) => ms)).filter((ms) => ms > 0);
  const range = {
    low: all.reduce((a, b) => Math.min(a, b), all[0] ?? 1),
    high: all.reduce((a, b) => Math.max(a, b), all[0] ?? 1),
  };
  const axis = logAxis({ ...range, heightPx: HEIGHT_PX }, compactMs);
  const ticks = TICKS.map(([percentile, label]) => ({
    share: ninesOf(percentile) / MAX_NINES,
    label,
  }));
  const lines = curves
    .toReversed()
    .map(
      ({ id: of, colour, points }) =>
        html`<path class="line ${colour}" data-of="${of}" d="${path(points, axis)}"/>`,
    );
  return html`<figure class="panel wide" id="${id}" data-plot="${id}">
<figcaption><h3>${title}</h3><ul class="legend">${curves.map(legend)}</ul></figcaption>
<div class="plot">${yLabels(axis, HEIGHT_PX)}<svg class="x curve" role="img" tabindex="0" width="100%" height="${HEIGHT_PX + HEAD_PX + FOOT_PX}" aria-label="${title}. ${about}">
<svg class="area" y="${HEAD_PX}" width="100%" height="${HEIGHT_PX}">${yGrid(axis)}${ticks.map(({ share }) => xGrid(share, HEIGHT_PX))}
<svg class="ink" width="100%" height="${HEIGHT_PX}" viewBox="0 0 ${MAX_NINES * PER_NINE} ${HEIGHT_PX}" preserveAspectRatio="none">${lines}</svg>
<line class="cursor" x1="-9" x2="-9" y1="0" y2="${HEIGHT_PX}"/></svg>
${ticks.map(({ share, label }) => xLabel(share, HEIGHT_PX, label, label === "min" || label === "p99.99"))}</svg></div>
</figure>`;
}

function legend(curve: CurvePlot["curves"][number]): Markup {
  const { id, label, colour } = curve;
  const rest = curveRest(curve);
  return html`<li data-of="${id}"><i class="${colour}"></i>${label} <b data-series="${id}" data-rest="${rest}">${rest}</b></li>`;
}

function path(points: readonly CurvePoint[], axis: Axis): string {
  return points
    .map(({ percentile, ms }, at) => {
      const x = round(ninesOf(percentile) * PER_NINE);
      return at === 0 ? `M${x} ${axis.place(ms)}` : `V${axis.place(ms)}H${x}`;
    })
    .join("");
}
