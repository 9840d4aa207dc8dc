/**
 * The heat map: how many replies took how long, over run time. Called by blocks.ts. Modes that percentiles hide, such as a
 * retransmission at 200 ms or a pause once a minute, are lines and gaps here. Invariant: the shade grows with the cube root
 * of a cell's count, so that single replies can be seen beside thousands; an empty cell is the page.
 */

import type { HeatMap, HeatPlot } from "../outline/plot.ts";
import { formatCount } from "../text/format.ts";
import { compactMs, logAxis } from "./axis.ts";
import { html, type Markup } from "./markup.ts";
import { yLabels } from "./paths.ts";
import { timePlane, zoneLabel } from "./time-plot.ts";

const HEIGHT_PX = 240;
const SHADES = 7;

export function heatPlot({ id, title, about, frame, heat }: HeatPlot): Markup {
  const { boundsMs, columnSeconds, most } = heat;
  const [low, high] = [boundsMs[0] ?? 0.001, boundsMs.at(-1) ?? 1];
  const axis = logAxis({ low, high, heightPx: HEIGHT_PX }, compactMs);
  const cells = shadePaths(heat, axis.place).map(
    (path, shade) => html`<path class="h${shade + 1}" d="${path}"/>`,
  );
  // Columns of the map are wider than bins.
  const scale = columnSeconds / frame.binSeconds;
  const ink = html`<g class="cells" transform="scale(${scale} 1)">${cells}</g>`;
  const ramp = Array.from({ length: SHADES }, (_, at) => html`<i class="h${at + 1}"></i>`);
  return html`<figure class="panel wide" id="${id}" data-plot="${id}">
<figcaption><h3>${title}</h3><ul class="legend"><li>1 <span class="ramp" aria-hidden="true">${ramp}</span> ${formatCount(most)} replies in a cell of ${columnSeconds} s</li></ul></figcaption>
<div class="plot">${yLabels(axis, HEIGHT_PX, zoneLabel(frame, HEIGHT_PX))}${timePlane(frame, { axis, label: `${title}. ${about}`, heightPx: HEIGHT_PX, ink })}</div>
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
