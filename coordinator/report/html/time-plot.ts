/**
 * Charts over run time. All share the horizontal axis, the phases and the shaded stretches; the script moves one cursor
 * through all of them and zooms them together. Called by blocks.ts. Invariants: without the script a chart is complete, and
 * its legend shows each series' highest value; what the script moves has `data-at`, or lies in an `svg.ink`.
 */

import { formatIn } from "../outline/cells.ts";
import type { Series, Strip, TimeFrame, TimePlot } from "../outline/plot.ts";
import type { Colour } from "../outline/unit.ts";
import { type Axis, compactCount, compactMs, linearAxis, logAxis } from "./axis.ts";
import { html, line, type Markup, NOTHING } from "./markup.ts";
import { bandPath, barPath, FOOT_PX, HEAD_PX, linePath, percent, yGrid, yLabels } from "./paths.ts";
import { timeOfDay, timeTicks } from "./script/kit.ts";

const PANEL_PX = 132;

export function timePlot(plot: TimePlot): Markup {
  const { id, title, about, series, frame } = plot;
  const axis = axisOf(plot);
  const legend = series.length === 0 ? html`<li>${about}</li>` : series.map(legendEntry);
  return html`<figure class="panel" id="${id}" data-plot="${id}">
<figcaption><h3>${title}</h3><ul class="legend">${legend}</ul></figcaption>
<div class="plot">${yLabels(axis, PANEL_PX, zoneLabel(frame, PANEL_PX))}${timePlane(frame, { axis, label: `${title}. ${about}`, heightPx: PANEL_PX, ink: inkOf(plot, axis) })}</div>
</figure>`;
}

function legendEntry({ id, label, colour, rest }: Series): Markup {
  return html`<li data-of="${id}"><i class="${colour}"></i>${label} <b data-series="${id}" data-rest="${rest}">${rest}</b></li>`;
}

export interface Plane {
  readonly axis: Axis;
  /** For those who cannot see it. */
  readonly label: string;
  readonly heightPx: number;
  /** Drawn in bins. */
  readonly ink: Markup;
}

/** The drawing area: shades, grid, ink, cursor, and two rows of labels: run time and time of day. */
export function timePlane(frame: TimeFrame, { axis, label, heightPx, ink }: Plane): Markup {
  const span = spanOf(frame);
  const ticks = timeTicks(0, span);
  const at = (second: number) => html`x="${percent(second / span)}" data-at="${second}"`;
  const rows = ticks.map((second, index) => {
    const anchor = second / span < 0.02 ? "start" : second / span > 0.98 ? "end" : "middle";
    const y = heightPx + HEAD_PX + 15;
    const day =
      frame.startMs === null
        ? null
        : html`<text class="tick day${index % 2 === 0 ? "" : " roomy"}" ${at(second)} y="${y + 14}" text-anchor="${anchor}">${timeOfDay(frame.startMs, second)}</text>`;
    return html`<text class="tick" ${at(second)} y="${y}" text-anchor="${anchor}">${runTime(second)}</text>${day}`;
  });
  return html`<svg class="x time" role="img" tabindex="0" width="100%" height="${heightPx + HEAD_PX + FOOT_PX}" aria-label="${label}">
<svg class="area" y="${HEAD_PX}" width="100%" height="${heightPx}">${yGrid(axis)}
<svg class="ink" width="100%" height="${heightPx}" viewBox="0 0 ${frame.bins} ${heightPx}" preserveAspectRatio="none">${shades(frame, heightPx)}${ink}</svg>
<rect class="selection" width="0" height="${heightPx}"/><line class="cursor" x1="-9" x2="-9" y1="0" y2="${heightPx}"/></svg>
<g class="ticks">${rows}</g></svg>`;
}

/** Beside the second row of labels. */
export function zoneLabel({ startMs }: TimeFrame, heightPx: number): Markup {
  if (startMs === null) return NOTHING;
  return html`<text class="day" x="52" y="${heightPx + HEAD_PX + 29}" text-anchor="end">UTC</text>`;
}

function runTime(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(Math.floor(seconds % 60))}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

function spanOf({ bins, binSeconds }: TimeFrame): number {
  return Math.max(1, bins * binSeconds);
}

/** Excluded phases, phase borders, stretches that do not count and events, behind the ink, in bins. */
function shades({ phases, bands, markers, binSeconds, bins }: TimeFrame, heightPx: number): Markup {
  const rect = (look: string, from: number, to: number) => {
    const [left, right] = [Math.min(bins, from / binSeconds), Math.min(bins, to / binSeconds)];
    if (right <= left) return NOTHING;
    return html`<rect class="${look}" x="${left}" width="${right - left}" height="${heightPx}"/>`;
  };
  const border = (look: string, at: number) => {
    const x = Math.min(bins, at / binSeconds);
    return html`<path class="${look}" d="M${x} 0V${heightPx}"/>`;
  };
  return html`${phases.map(({ excluded, from, to }) => (excluded ? rect("excluded", from, to) : NOTHING))}${bands.map(({ look, from, to }) => rect(look, from, to))}${phases.slice(1).map(({ from }) => border("border", from))}${markers.map(({ at }) => border("event", at))}`;
}

function axisOf({ series, scale, unit, top }: TimePlot): Axis {
  const isStacked = series.some(({ look }) => look === "bar");
  const values = series.flatMap(({ max, min = [] }) => [...max, ...min]);
  const known = values.filter((value) => value !== null);
  const high = isStacked ? highestStack(series) : known.reduce((a, b) => Math.max(a, b), top);
  const label = unit === "ms" ? compactMs : unit === "share" ? shareLabel : compactCount;
  if (scale === "linear") return linearAxis(high, PANEL_PX, label);
  const above = known.filter((value) => value > 0);
  const low = above.reduce((a, b) => Math.min(a, b), high > 0 ? high : 0.01);
  return logAxis(
    { low: above.length === 0 ? 0.001 : low, high: Math.max(high, 0.01), heightPx: PANEL_PX },
    label,
  );
}

function shareLabel(share: number): string {
  return formatIn("share", share);
}

function highestStack(series: readonly Series[]): number {
  const bins = series[0]?.max.length ?? 0;
  let most = 0;
  for (let bin = 0; bin < bins; bin++) {
    most = Math.max(
      most,
      series.reduce((sum, { max }) => sum + (max[bin] ?? 0), 0),
    );
  }
  return most;
}

function inkOf({ series, areas, limits, frame }: TimePlot, axis: Axis): Markup {
  const byId = new Map(series.map((one) => [one.id, one]));
  const shaded = areas.map(([lower, upper, colour]) => {
    const [low, high] = [byId.get(lower)?.max ?? [], byId.get(upper)?.max ?? []];
    return html`<path class="shade ${colour}" data-of="${upper}" d="${bandPath(low, high, axis)}"/>`;
  });
  const dashed = limits.map(({ value, colour }) =>
    limitPath(value, axis, { colour, bins: frame.bins }),
  );
  const bars = stacked(series, axis);
  const lines = series.filter(({ look }) => look !== "bar").toReversed();
  return html`${dashed}${shaded}${bars}${lines.map((one) => seriesPaths(one, axis))}`;
}

function limitPath(
  value: number,
  axis: Axis,
  { colour, bins }: { readonly colour: Colour; readonly bins: number },
): Markup {
  if ((axis.ticks.at(-1)?.value ?? 0) < value) return NOTHING;
  return html`<path class="line gate ${colour}" d="M0 ${axis.place(value)}H${bins}"/>`;
}

/** A line through the highest seconds, over a shade down to the lowest. */
function seriesPaths({ id, min, max, colour, look }: Series, axis: Axis): Markup {
  const shade =
    min === undefined
      ? NOTHING
      : html`<path class="shade ${colour}" data-of="${id}" d="${bandPath(min, max, axis)}"/>`;
  return html`${shade}<path class="line ${look} ${colour}" data-of="${id}" d="${linePath(max, axis)}"/>`;
}

function stacked(series: readonly Series[], axis: Axis): Markup {
  const bars = series.filter(({ look }) => look === "bar");
  const base = Array<number>(bars[0]?.max.length ?? 0).fill(0);
  return html`${bars.map(({ id, max, colour }) => {
    const heights = max.map((value) => value ?? 0);
    const path = barPath(base, heights, axis);
    for (const [bin, height] of heights.entries()) base[bin] = (base[bin] ?? 0) + height;
    return html`<path class="bar ${colour}" data-of="${id}" d="${path}"/>`;
  })}`;
}

/** Phases and events above the charts. */
export function phaseStrip({ frame, about }: Strip): Markup {
  const span = spanOf(frame);
  const parts = frame.phases.map(({ name, excluded, from, to }, at) => {
    const left = Math.min(1, from / span);
    const width = Math.max(0, Math.min(1, to / span) - left);
    const note = excluded ? " (excluded)" : "";
    return html`<svg x="${percent(left)}" width="${percent(width)}" height="24" data-from="${from}" data-to="${to}"><title>${line(name, 64)}${note}, ${runTime(from)} to ${runTime(to)}</title><rect class="${at % 2 === 0 ? "even" : "odd"}" width="100%" height="100%"/><text x="6" y="16">${line(name, 64)}</text></svg>`;
  });
  const events = frame.markers.map(
    ({ at, label }) =>
      html`<li><a href="#timeline" data-moment="${at}">${runTime(at)}</a> ${line(label, 120)}</li>`,
  );
  return html`<p class="lead">${about}</p><div class="plot strip"><span class="y">phase</span><svg class="x" width="100%" height="24" role="img" aria-label="Phases over run time">${parts}</svg></div>${
    events.length === 0 ? null : html`<ul class="events">${events}</ul>`
  }<p class="tools" hidden><span id="moment" class="moment" aria-live="polite"></span><button type="button" id="whole" hidden>Show the whole run</button></p>`;
}
