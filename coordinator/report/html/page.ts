/**
 * The report as one HTML document. Called by results.ts. Invariant: sections come in the order of a reader's
 * questions; the policy forbids everything but the style and the script of this file, by their hashes, so that
 * nothing a target said could run or load anything even if it were markup.
 */
import { createHash } from "node:crypto";
import { formatSeconds } from "../format.ts";
import type { ReportModel } from "../model.ts";
import { formatMoment } from "../moment.ts";
import { hasRegressed, verdictWord } from "../verdict-text.ts";
import { curveData } from "./curve-chart.ts";
import { html, jsonData, line, type Markup, ownCode } from "./markup.ts";
import { PAGE_SCRIPT } from "./script.ts";
import { baselineSection } from "./section-baseline.ts";
import { connectionsSection, failuresSection, latencySection } from "./section-detail.ts";
import { scenarioSection, workersSection } from "./section-origin.ts";
import { failureGroups, timelineSection } from "./section-timeline.ts";
import {
  capacitySection,
  messagesSection,
  numbersSection,
  thresholdsSection,
  validitySection,
  verdictSection,
} from "./section-verdict.ts";
import { PAGE_STYLE } from "./style.ts";

/** In the order they are read. */
const ALL_SECTIONS: readonly {
  readonly id: string;
  readonly title: string;
  readonly of: (model: ReportModel) => Markup;
}[] = [
  { id: "verdict", title: "Verdict", of: verdictSection },
  { id: "validity", title: "Was the generator the limit?", of: validitySection },
  { id: "thresholds", title: "Thresholds", of: thresholdsSection },
  { id: "baseline", title: "Against the baseline", of: baselineSection },
  { id: "capacity", title: "Capacity", of: capacitySection },
  { id: "numbers", title: "Key numbers", of: numbersSection },
  { id: "messages", title: "Messages", of: messagesSection },
  { id: "timeline", title: "Timeline", of: timelineSection },
  { id: "latency", title: "Latency", of: latencySection },
  { id: "connections", title: "Connections", of: connectionsSection },
  { id: "failures", title: "Failures", of: failuresSection },
  { id: "workers", title: "Workers and environment", of: workersSection },
  { id: "scenario", title: "Scenario and how to run it again", of: scenarioSection },
];

/** Of the page itself; a server that hands it out has to say the same or less. */
export const REPORT_POLICY = [
  "default-src 'none'",
  `script-src '${hashOf(PAGE_SCRIPT)}'`,
  `style-src '${hashOf(PAGE_STYLE)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export function reportHtml(model: ReportModel): string {
  const { summary } = model;
  // Most runs have neither, and nobody misses them.
  const isThere = { baseline: summary.baseline !== null, capacity: summary.capacity !== null };
  const sections = ALL_SECTIONS.filter(({ id }) => isThere[id as keyof typeof isThere] ?? true);
  const word = verdictWord(summary);
  const name = line(summary.name, 200);
  const started = summary.startedAt;
  const when =
    started === null
      ? "never started"
      : html`<time datetime="${started}">${formatMoment(started)}</time>`;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${REPORT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="onrush ${line(model.origin.versions.onrush, 40)}">
<title>${word}: ${name}</title>
<style>${ownCode(PAGE_STYLE)}</style>
</head>
<body>
<a class="skip" href="#verdict">Skip to the verdict</a>
<header><p class="kind">Load test of a WebSocket service</p><h1 dir="auto">${name}</h1>
<p class="when"><span class="badge ${hasRegressed(summary) ? "stopped" : summary.verdict}">${word}</span> ${when} · ${formatSeconds(summary.durationSeconds)} · run <code>${line(summary.run, 200)}</code></p></header>
<div class="body"><nav aria-label="Sections"><ol>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
<main>${sections.map(
    ({
      id,
      title,
      of,
    }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${of(model)}</section>
`,
  )}</main></div>
<footer><p>Made by onrush ${line(model.origin.versions.onrush, 40)} from the run's journal. One file, no request to anywhere.</p></footer>
<script type="application/json" id="data">${jsonData(scriptData(model))}</script>
<script>${ownCode(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return document.markup;
}

/** What the cursor reads, by the names the legends use. */
function scriptData({ timeline, phases, latency }: ReportModel) {
  const { bins, binSeconds, series } = timeline;
  const failures = failureGroups(timeline).map(({ perBin }, at) => [
    `failures.${at}`,
    { max: perBin },
  ]);
  const thinned = Object.entries(series).map(([name, { min, max }]) => [
    name,
    binSeconds === 1 ? { max } : { min, max },
  ]);
  return {
    bins,
    binSeconds,
    series: Object.fromEntries([...thinned, ...failures]),
    phases: phases.map(({ phase, fromSeconds, toSeconds }) => [
      line(phase, 64),
      fromSeconds,
      toSeconds,
    ]),
    curves: {
      corrected: curveData(latency.correctedCurve),
      service: curveData(latency.serviceCurve),
    },
  };
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
