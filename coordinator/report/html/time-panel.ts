/**
 * A panel of the timeline: one chart over run time with its legend. All panels share the horizontal axis, the
 * phases and the masked stretches, and the script moves one cursor through all of them. Called by the timeline
 * section. Invariant: without the script a panel is complete; its legend then shows each series' highest value.
 */
import type { ReportModel } from "../model.ts";
import type { BinnedSeries, ModelTimeline, SeriesName } from "../model-timeline.ts";
import { type Axis, timeTicks } from "./axis.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import {
  bandPath,
  FOOT_PX,
  HEAD_PX,
  linePath,
  percent,
  xGrid,
  xLabel,
  yGrid,
  yLabels,
} from "./plot.ts";

export const PANEL_PX = 132;

export interface LegendEntry {
  readonly label: string;
  /** Class of colour: c1 to c7. */
  readonly colour: string;
  /** Series the script reads at the cursor; null for none. */
  readonly series: string | null;
  /** Shown while there is no cursor. */
  readonly rest: string;
}

export interface Panel {
  readonly title: string;
  /** For those who cannot see it, and for everybody as a caption. */
  readonly describes: string;
  readonly axis: Axis;
  readonly legend: readonly LegendEntry[];
  readonly paths: Markup;
}

export function timePanel(model: ReportModel, panel: Panel): Markup {
  return html`<figure class="panel">
<figcaption><h3>${panel.title}</h3><ul class="legend">${panel.legend.map(legendEntry)}</ul></figcaption>
<div class="plot">${yLabels(panel.axis, PANEL_PX)}${plane(model, panel)}</div>
</figure>`;
}

function legendEntry({ label, colour, series, rest }: LegendEntry): Markup {
  const value =
    series === null
      ? html`<b>${rest}</b>`
      : html`<b data-series="${series}" data-rest="${rest}">${rest}</b>`;
  return html`<li><i class="${colour}"></i>${label} ${value}</li>`;
}

function plane(model: ReportModel, { title, describes, axis, paths }: Panel): Markup {
  const { timeline } = model;
  const { ticks, span } = timeAxis(timeline);
  return html`<svg class="x time" role="img" tabindex="0" width="100%" height="${PANEL_PX + HEAD_PX + FOOT_PX}" aria-label="${`${title}. ${describes}`}">
<svg y="${HEAD_PX}" width="100%" height="${PANEL_PX}">${shades(model, span)}${yGrid(axis)}${ticks.map(({ second }) => xGrid(second / span, PANEL_PX))}
<svg class="ink" width="100%" height="${PANEL_PX}" viewBox="0 0 ${timeline.bins} ${PANEL_PX}" preserveAspectRatio="none">${paths}</svg>
<line class="cursor" x1="-9" x2="-9" y1="0" y2="${PANEL_PX}"/></svg>
${ticks.map(({ second, label }) => xLabel(second / span, PANEL_PX, label))}</svg>`;
}

export function timeAxis(timeline: ModelTimeline) {
  const span = Math.max(1, timeline.bins * timeline.binSeconds);
  return { span, ticks: timeTicks(span) };
}

/** Excluded phases, phase borders and masked stretches, behind the ink. */
export function shades({ phases, timeline }: ReportModel, span: number): Markup {
  const rects = phases.flatMap(({ excluded, fromSeconds, toSeconds }) =>
    excluded ? [stretch("excluded", [fromSeconds, toSeconds], span)] : [],
  );
  const masks = [
    ...timeline.masked.map((range) => stretch("masked", range, span)),
    ...timeline.disturbed.map((range) => stretch("disturbed", range, span)),
  ];
  const borders = phases.slice(1).map(({ fromSeconds }) => {
    const x = percent(Math.min(1, fromSeconds / span));
    return html`<line class="border" x1="${x}" x2="${x}" y1="0" y2="100%"/>`;
  });
  return html`${rects}${masks}${borders}`;
}

function stretch(kind: string, [from, to]: readonly [number, number], span: number): Markup {
  const left = Math.min(1, from / span);
  const width = Math.min(1, to / span) - left;
  if (width <= 0) return NOTHING;
  return html`<rect class="${kind}" x="${percent(left)}" width="${percent(width)}" height="100%"/>`;
}

/** A series as a line through its highest seconds, over a shade down to its lowest. */
export function seriesPaths(series: BinnedSeries, axis: Axis, colour: string): Markup {
  const thinned = series.max.some((value, at) => value !== series.min[at]);
  const shade = thinned
    ? html`<path class="shade ${colour}" d="${bandPath(series.min, series.max, axis)}"/>`
    : NOTHING;
  return html`${shade}<path class="line ${colour}" d="${linePath(series.max, axis)}"/>`;
}

export function highest(timeline: ModelTimeline, ...names: readonly SeriesName[]): number {
  let most = 0;
  for (const name of names) {
    for (const value of timeline.series[name].max) most = Math.max(most, value ?? 0);
  }
  return most;
}

/** Lowest value above 0; null when there is none. */
export function lowestAbove0(
  timeline: ModelTimeline,
  ...names: readonly SeriesName[]
): number | null {
  let least: number | null = null;
  for (const name of names) {
    for (const value of timeline.series[name].min) {
      if (value !== null && value > 0 && (least === null || value < least)) least = value;
    }
  }
  return least;
}
