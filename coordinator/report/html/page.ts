/**
 * The report as one HTML document. Called by outputs.ts. Invariants: sections come in the order of the outline; the policy
 * forbids everything but the style and the script of this file, by their hashes, and images the page itself has drawn, so
 * that nothing a target said could run or load anything even if it were markup.
 */
import { createHash } from "node:crypto";
import type { ReportModel } from "../model/model.ts";
import type { Block } from "../outline/block.ts";
import { allBlocks, type OutlineSection, outlineOf } from "../outline/outline.ts";
import { type CurvePoint, ninesOf, type Plot } from "../outline/plot.ts";
import { formatSeconds } from "../text/format.ts";
import { formatMoment } from "../text/moment.ts";
import { verdictWord } from "../text/verdict-text.ts";
import { blockHtml } from "./blocks.ts";
import { html, jsonData, line, type Markup, ownCode } from "./markup.ts";
import type { PageData } from "./script/dom.ts";
import { PAGE_SCRIPT } from "./script/script.ts";
import { PAGE_STYLE } from "./style.ts";
import { topOf } from "./xy-plot.ts";

/** Of the page itself; a server that hands it out has to say the same or less. */
export const REPORT_POLICY = [
  "default-src 'none'",
  `script-src '${hashOf(PAGE_SCRIPT)}'`,
  `style-src '${hashOf(PAGE_STYLE)}'`,
  // A chart that is saved as a PNG file is drawn by way of one.
  "img-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export function reportHtml(model: ReportModel): string {
  const sections = outlineOf(model, "html");
  const { summary, origin } = model;
  const word = verdictWord(summary);
  const name = line(summary.name, 200);
  const version = line(origin.versions.onrush, 40);
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${REPORT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="onrush ${version}">
<title>${word}: ${name}</title>
<style>${ownCode(PAGE_STYLE)}</style>
</head>
<body>
<a class="skip" href="#verdict">Skip to the verdict</a>
<header><p class="kind">Load test of a WebSocket service</p><h1 dir="auto">${name}</h1>
<p class="when">${whenText(summary)} · ${formatSeconds(summary.durationSeconds)} · run <code>${line(summary.run, 200)}</code></p></header>
<div class="body"><nav aria-label="Sections"><ol>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
<main>${sections.map(sectionHtml)}</main></div>
<footer><p>Made by onrush ${version} from the run's journal. One file, no request to anywhere.</p></footer>
<script type="application/json" id="data">${jsonData(pageData(model, sections))}</script>
<script>${ownCode(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return document.markup;
}

function whenText({ startedAt }: ReportModel["summary"]): Markup {
  if (startedAt === null) return html`never started`;
  return html`<time datetime="${startedAt}">${formatMoment(startedAt)}</time>`;
}

function sectionHtml({ id, title, blocks }: OutlineSection): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${blocks.map(blockHtml)}</section>
`;
}

/** What the script reads. */
function pageData(
  { timeline, summary }: ReportModel,
  sections: readonly OutlineSection[],
): PageData {
  const { bins, binSeconds, startMs, phases } = timeline.frame;
  const plots = sections
    .flatMap(({ blocks }) => [...allBlocks(blocks)])
    .filter((block: Block) => block.kind === "plot");
  const named = <T>(shape: Plot["shape"], of: (plot: Plot) => T) =>
    Object.fromEntries(
      plots.filter((plot) => plot.shape === shape).map((plot) => [plot.id, of(plot)]),
    );
  return {
    name: line(summary.name, 200),
    ...{ bins, binSeconds, startMs },
    phases: phases.map(({ name, from, to }) => [line(name, 64), from, to]),
    series: named("time", seriesData),
    curves: named("curve", curveData),
    xy: named("xy", xyData),
    heat: named("heat", (plot) => {
      if (plot.shape !== "heat") return { columnSeconds: 1, boundsMs: [], counts: [] };
      const { columnSeconds, boundsMs, counts } = plot.heat;
      return { columnSeconds, boundsMs, counts };
    }),
  };
}

function seriesData(plot: Plot): PageData["series"][string] {
  if (plot.shape !== "time") return [];
  return plot.series.map(({ id, label, unit, min, max }) => ({
    id,
    label,
    unit,
    ...(min && { min }),
    max,
  }));
}

/** Places on the axis (0 to MAX_NINES) and milliseconds. */
function curveData(plot: Plot): PageData["curves"][string] {
  if (plot.shape !== "curve") return {};
  const places = (points: readonly CurvePoint[]): (readonly [number, number])[] =>
    points.map(({ percentile, ms }) => [Math.round(ninesOf(percentile) * 1e4) / 1e4, ms]);
  return Object.fromEntries(plot.curves.map(({ id, points }) => [id, places(points)]));
}

/** The axis, and every curve by its label. */
function xyData(plot: Plot): PageData["xy"][string] {
  if (plot.shape !== "xy") return { x: { label: "", unit: "", top: 1 }, unit: "", curves: [] };
  const { x, y, curves } = plot;
  return {
    x: { label: x.label, unit: x.unit, top: topOf(x) },
    unit: y.unit,
    curves: curves.map(({ id, label, look, points }) => ({
      ...{ id, label: line(label, 64), points },
      isStep: look === "step",
    })),
  };
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
