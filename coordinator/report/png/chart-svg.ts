/**
 * A chart of the report as one SVG file that stands alone: title, legend, axes and ink, in the light colours of the page.
 * Called by png.ts. Pure. Invariants: it is drawn from the markup and the style of report.html, so both show the same; what the
 * page stretches by `preserveAspectRatio` is stretched here by its coordinates, because the renderer would stretch strokes too.
 */
import { assert } from "../../../shared/assert.ts";
import { blockHtml } from "../html/blocks.ts";
import { html, line, type Markup } from "../html/markup.ts";
import { PAGE_STYLE } from "../html/style.ts";
import { curveRest, type Plot } from "../outline/plot.ts";

const WIDTH_PX = 960;
const AXIS_PX = 58;
const MARGIN_PX = 16;
const PLOT_PX = WIDTH_PX - AXIS_PX - 2 * MARGIN_PX;
const TITLE_PX = 26;
const LEGEND_ROW_PX = 18;
/** Of the text of a legend; a little more than any font needs. */
const CHAR_PX = 6.8;

/** Rules of the page that are about ink. */
const INK_RULES = /^(\.grid|\.border|\.masked|path\.|\.shade|\.c1|\.cells|\.h1)/;

const STYLE =
  `text{font-size:12px;fill:var(--soft)}.day{font-size:11px}.title{font-size:15px;fill:var(--ink)}.card{fill:var(--card)}
${PAGE_STYLE.split("\n")
  .filter((rule) => INK_RULES.test(rule))
  .join("\n")}`.replace(/var\((--[\w-]+)\)/g, (_, name: string) => lightColour(name));

/** @param place which run it is of; foreign */
export function chartSvg(plot: Plot, place: string, fontFamily: string): string {
  const page = blockHtml(plot).markup;
  const [, axis = "", plane = ""] =
    /<div class="plot">(<svg class="y".*?<\/svg>)(<svg class="x.*<\/svg>)<\/div>/s.exec(page) ?? [];
  assert(plane !== "", `the page has no chart ${plot.id}`);
  const heightPx = Number(/height="([\d.]+)"/.exec(axis)?.[1] ?? 0);
  const { entries, rows } = legendOf(plot);
  const top = TITLE_PX + rows * LEGEND_ROW_PX + MARGIN_PX;
  const height = Math.ceil(top + heightPx + MARGIN_PX);
  const head = html`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH_PX}" height="${height}" font-family="${fontFamily}">`;
  const title = html`<rect class="card" width="${WIDTH_PX}" height="${height}"/><text class="title" x="${MARGIN_PX}" y="${TITLE_PX}">${plot.title}</text><text x="${WIDTH_PX - MARGIN_PX}" y="${TITLE_PX}" text-anchor="end">${line(place, 80)}</text>`;
  const placed = (svg: string, x: number, width: number) =>
    svg.replace(/^<svg([^>]*?) width="[^"]*"/, `<svg$1 x="${x}" y="${top}" width="${width}"`);
  return [
    head.markup,
    `<style>${STYLE}</style>`,
    title.markup,
    ...entries.map(({ markup }) => markup),
    placed(axis, MARGIN_PX, AXIS_PX),
    placed(unstretched(plane), MARGIN_PX + AXIS_PX, PLOT_PX),
    "</svg>",
  ].join("\n");
}

/** Of the page's first rule: light. */
function lightColour(name: string): string {
  return new RegExp(`${name}:([^;}]+)`).exec(PAGE_STYLE)?.[1] ?? "#000";
}

interface LegendEntry {
  readonly colour: string | null;
  readonly text: string;
}

function legendOf(plot: Plot): { readonly entries: readonly Markup[]; readonly rows: number } {
  let x = MARGIN_PX;
  let rows = 1;
  const entries = legendEntries(plot).map(({ colour, text }) => {
    const width = 15 + text.length * CHAR_PX + 14;
    if (x > MARGIN_PX && x + width > WIDTH_PX - MARGIN_PX) {
      x = MARGIN_PX;
      rows++;
    }
    const y = TITLE_PX + rows * LEGEND_ROW_PX;
    const swatch =
      colour === null
        ? null
        : html`<rect class="bar ${colour}" x="${x}" y="${y - 9}" width="10" height="10" rx="3"/>`;
    const entry = html`${swatch}<text x="${colour === null ? x : x + 15}" y="${y}">${text}</text>`;
    x += width;
    return entry;
  });
  return { entries, rows };
}

function legendEntries(plot: Plot): LegendEntry[] {
  switch (plot.shape) {
    case "time":
      return plot.series.map(({ label, rest, colour }) => ({
        colour,
        text: line(`${label} ${rest}`, 80),
      }));
    case "curve":
      return plot.curves.map((curve) => {
        return { colour: curve.colour, text: line(`${curve.label}, ${curveRest(curve)}`, 80) };
      });
    case "xy":
      return plot.curves.map(({ colour, label, rest }) => {
        return { colour, text: line(`${label} ${rest}`, 80) };
      });
    case "heat":
      return [{ colour: null, text: "replies by time and latency; the darker, the more" }];
  }
}

/** The ink in pixels: coordinates along the axis times what the page stretches them by. */
function unstretched(plane: string): string {
  return plane.replace(
    /<svg class="ink"[^>]* viewBox="0 0 ([\d.]+) [\d.]+"[^>]*>(.*?)<\/svg>/s,
    (_, units: string, ink: string) => {
      const factor = PLOT_PX / Number(units);
      const widened = ink
        .replace(/ d="([^"]*)"/g, (_all, path: string) => ` d="${widenedPath(path, factor)}"`)
        .replace(/ (x|width)="([\d.]+)"/g, (_all, name: string, value: string) => {
          return ` ${name}="${rounded(Number(value) * factor)}"`;
        });
      return `<g>${widened}</g>`;
    },
  );
}

/** Paths of the page have these commands alone: M, L, H, V, h, v, z. */
function widenedPath(path: string, factor: number): string {
  return path.replace(/([MLHh])(-?[\d.]+)/g, (_, command: string, x: string) => {
    return `${command}${rounded(Number(x) * factor)}`;
  });
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
