/**
 * The heat map: how many replies took how long, over run time. Called by the latency section. Modes that percentiles
 * hide, such as a retransmission at 200 ms or a pause once a minute, are lines and gaps here. Invariant: the shade
 * grows with the cube root of a cell's count, so that single replies
 * can be seen beside thousands; an empty cell is the page.
 */
import { formatCount, formatMs } from "../format.ts";
import type { ReportModel } from "../model.ts";
import type { HeatMap } from "../model-latency.ts";
import { compactMs, logAxis } from "./axis.ts";
import { html, type Markup } from "./markup.ts";
import { FOOT_PX, HEAD_PX, percent, xLabel, yGrid, yLabels } from "./plot.ts";
import { shades, timeAxis } from "./time-panel.ts";

const HEIGHT_PX = 240;
const SHADES = 7;

export function heatChart(model: ReportModel, heat: HeatMap): Markup {
  const { boundsMs, columns, columnSeconds, most } = heat;
  const low = boundsMs[0] ?? 0.001;
  const high = boundsMs.at(-1) ?? 1;
  const axis = logAxis({ low, high, heightPx: HEIGHT_PX }, compactMs);
  const { ticks, span } = timeAxis(model.timeline);
  const cells = shadePaths(heat, axis.place).map(
    (path, shade) => html`<path class="h${shade + 1}" d="${path}"/>`,
  );
  const width = (columns * columnSeconds) / span;
  return html`<figure class="panel wide">
<figcaption><h3>Replies by latency over time</h3><ul class="legend"><li>1 <span class="ramp" aria-hidden="true">${Array.from({ length: SHADES }, (_, at) => html`<i class="h${at + 1}"></i>`)}</span> ${formatCount(most)} replies in a cell of ${columnSeconds} s</li></ul></figcaption>
<div class="plot">${yLabels(axis, HEIGHT_PX)}<svg class="x time" role="img" tabindex="0" width="100%" height="${HEIGHT_PX + HEAD_PX + FOOT_PX}" aria-label="Heat map of latency over run time, from ${formatMs(low)} to ${formatMs(high)}, logarithmic.">
<svg y="${HEAD_PX}" width="100%" height="${HEIGHT_PX}">${shades(model, span)}${yGrid(axis)}
<svg class="cells" width="${percent(width)}" height="${HEIGHT_PX}" viewBox="0 0 ${columns} ${HEIGHT_PX}" preserveAspectRatio="none">${cells}</svg>
<line class="cursor" x1="-9" x2="-9" y1="0" y2="${HEIGHT_PX}"/></svg>
${ticks.map(({ second, label }) => xLabel(second / span, HEIGHT_PX, label))}</svg></div>
</figure>`;
}

/** One path a shade; neighbours of one shade in a row are one rectangle. */
function shadePaths({ counts, boundsMs, most }: HeatMap, place: (ms: number) => number): string[] {
  const paths = Array<string>(SHADES).fill("");
  const shadeOf = (count: number) =>
    count === 0 ? -1 : Math.min(SHADES - 1, Math.floor(Math.cbrt(count / most) * SHADES));
  for (let row = 0; row + 1 < boundsMs.length; row++) {
    const top = place(boundsMs[row + 1] ?? 0);
    const height = Math.round((place(boundsMs[row] ?? 0) - top) * 10) / 10;
    for (let column = 0; column < counts.length; ) {
      const shade = shadeOf(counts[column]?.[row] ?? 0);
      let end = column + 1;
      while (end < counts.length && shadeOf(counts[end]?.[row] ?? 0) === shade) end++;
      if (shade >= 0)
        paths[shade] += `M${column} ${top}h${end - column}v${height}h${column - end}z`;
      column = end;
    }
  }
  return paths;
}
