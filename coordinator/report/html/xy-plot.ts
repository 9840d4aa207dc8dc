/**
 * Charts of one figure over another: shares over the time since a fault, latency over load, a forecast over run time. Called by
 * blocks.ts. Invariants: both axes are linear; what lies beyond an axis is not drawn.
 */
import type { PlotAxis, XyCurve, XyPlot } from "../outline/plot.ts";
import { formatClock, formatShare } from "../text/format.ts";
import { type Axis, compactCount, compactMs, linearAxis, round } from "./axis.ts";
import { html, line, type Markup } from "./markup.ts";
import { FOOT_PX, HEAD_PX, xGrid, xLabel, yGrid, yLabels } from "./paths.ts";

const HEIGHT_PX = 200;
/** Units of the stretched drawing. */
const WIDTH = 1000;
const MAX_LABEL = 60;

const SHOWN: Readonly<Record<PlotAxis["unit"], (value: number) => string>> = {
  ms: compactMs,
  count: compactCount,
  share: formatShare,
  seconds: formatClock,
};

export function xyPlot(plot: XyPlot): Markup {
  const { id, title, about, curves, marks } = plot;
  const y = axisOf(plot.y, HEIGHT_PX);
  const x = axisOf(plot.x, WIDTH);
  // An axis counts from the top; this one runs to the right.
  const across: Place = (value) => round(WIDTH - x.place(value));
  const dashed = marks
    .filter((value) => value <= topOf(plot.y))
    .map((value) => html`<path class="line gate c7" d="M0 ${y.place(value)}H${WIDTH}"/>`);
  const areas = plot.areas.map(([lower, upper, colour]) => {
    const path = areaPath(pointsOf(curves, lower), pointsOf(curves, upper), [across, y.place]);
    return html`<path class="shade ${colour}" data-of="${upper}" d="${path}"/>`;
  });
  const lines = curves.toReversed().map(({ id: of, colour, look, points }) => {
    const kind = look === "thin" ? "line thin" : look === "dots" ? "line dots" : "line";
    return html`<path class="${kind} ${colour}" data-of="${of}" d="${linePath(points, look, [across, y.place])}"/>`;
  });
  const ticks = x.ticks.map(({ value, label }, at) => {
    const share = across(value) / WIDTH;
    return [share, label, at % 2 === 1] as const;
  });
  return html`<figure class="panel wide" id="${id}" data-plot="${id}">
<figcaption><h3>${title}</h3><ul class="legend">${curves.map(legend)}</ul></figcaption>
<div class="plot">${yLabels(y, HEIGHT_PX)}<svg class="x xy" role="img" tabindex="0" width="100%" height="${HEIGHT_PX + HEAD_PX + FOOT_PX}" aria-label="${title}. ${about}">
<svg class="area" y="${HEAD_PX}" width="100%" height="${HEIGHT_PX}">${yGrid(y)}${ticks.map(([share]) => xGrid(share, HEIGHT_PX))}
<svg class="ink" width="100%" height="${HEIGHT_PX}" viewBox="0 0 ${WIDTH} ${HEIGHT_PX}" preserveAspectRatio="none">${dashed}${areas}${lines}</svg>
<line class="cursor" x1="-9" x2="-9" y1="0" y2="${HEIGHT_PX}"/></svg>
${ticks.map(([share, label, isRoomy]) => xLabel(share, HEIGHT_PX, label, isRoomy))}<text class="tick" x="50%" y="${HEIGHT_PX + HEAD_PX + 29}" text-anchor="middle">${plot.x.label}</text></svg></div>
<p class="note">${about}</p></figure>`;
}

type Place = (value: number) => number;
type Points = XyCurve["points"];

/** Where an axis ends: its last tick. */
export function topOf(axis: PlotAxis): number {
  return axisOf(axis, 1).ticks.at(-1)?.value ?? 1;
}

function axisOf({ to, unit }: PlotAxis, length: number): Axis {
  return linearAxis(to, length, SHOWN[unit]);
}

function pointsOf(curves: readonly XyCurve[], id: string): Points {
  return curves.find((curve) => curve.id === id)?.points ?? [];
}

function legend({ id, label, colour, rest }: XyCurve): Markup {
  return html`<li data-of="${id}"><i class="${colour}"></i>${line(label, MAX_LABEL)} <b data-series="${id}" data-rest="${rest}">${rest}</b></li>`;
}

function linePath(points: Points, look: XyCurve["look"], [x, y]: readonly [Place, Place]): string {
  return points
    .map(([at, value], index) => {
      const to = `${x(at)} ${y(value)}`;
      if (look === "dots") return `M${to}h0`;
      if (index === 0) return `M${to}`;
      return look === "step" ? `H${x(at)}V${y(value)}` : `L${to}`;
    })
    .join("");
}

/** Between two curves of as many points. */
function areaPath(lower: Points, upper: Points, [x, y]: readonly [Place, Place]): string {
  const places = [...upper, ...lower.toReversed()].map(([at, value]) => `${x(at)} ${y(value)}`);
  return places.length === 0 ? "" : `M${places.join("L")}z`;
}
