/**
 * The timeline section: what happened when. Seven panels over one time axis, phases above them, and the same as
 * a table. Called by page.ts. Invariant: every series shown comes from the model's timeline, in its units.
 */
import { GATES } from "../../analysis/gates.ts";
import {
  formatClock,
  formatCount,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
  NO_DATA,
} from "../format.ts";
import type { ReportModel } from "../model.ts";
import type { ModelTimeline, SeriesName } from "../model-timeline.ts";
import { type Axis, compactCount, compactMs, compactShare, linearAxis, logAxis } from "./axis.ts";
import { html, line, type Markup, NOTHING } from "./markup.ts";
import { bandPath, barPath, linePath, percent } from "./plot.ts";
import {
  highest,
  type LegendEntry,
  lowestAbove0,
  PANEL_PX,
  type Panel,
  seriesPaths,
  timeAxis,
  timePanel,
} from "./time-panel.ts";

/** Kinds with a colour of their own in the failure panel. */
const FAILURE_COLOURS = 6;
const TABLE_ROWS = 48;

export function timelineSection(model: ReportModel): Markup {
  const { timeline } = model;
  if (timeline.bins === 0) {
    return html`<p class="empty">Nothing was recorded: run time never began, or no worker has reported.</p>`;
  }
  const panels = [connections, connectionRate, messages, latency, failures, lag, busy];
  return html`<p class="lead">${explanation(model)}</p>
${phaseStrip(model)}
<div class="panels">${panels.map((panel) => timePanel(model, panel(timeline)))}</div>
<p class="moment" id="moment" aria-live="polite"></p>
${table(timeline)}`;
}

function explanation({ timeline, phases }: ReportModel): string {
  const { binSeconds, masked, disturbed } = timeline;
  const thinned =
    binSeconds > 1
      ? `Each point stands for ${binSeconds} s: the line is the highest of its seconds, the shade reaches down to the lowest. `
      : "Each point is one second. ";
  const length = (stretches: ModelTimeline["masked"]) =>
    stretches.reduce((sum, [from, to]) => sum + to - from, 0);
  const trust =
    masked.length > 0
      ? `In the ${formatSeconds(length(masked))} marked red the generator itself was too slow: do not read them as the target's. `
      : "";
  const lost =
    disturbed.length > 0
      ? `In the ${formatSeconds(length(disturbed))} marked yellow a worker was lost and the load was not what was planned; thresholds leave them out. `
      : "";
  const excluded = phases.some((phase) => phase.excluded)
    ? "Grey stretches are excluded phases: nothing is judged by them. "
    : "";
  return `${thinned}${excluded}${trust}${lost}Point at a chart, or focus it and use the arrow keys, to read all of them at one moment.`;
}

function phaseStrip(model: ReportModel): Markup {
  const { span } = timeAxis(model.timeline);
  const parts = model.phases.map(({ phase, excluded, fromSeconds, toSeconds }, at) => {
    const left = Math.min(1, fromSeconds / span);
    const width = Math.max(0, Math.min(1, toSeconds / span) - left);
    const note = excluded ? " (excluded)" : "";
    return html`<svg x="${percent(left)}" width="${percent(width)}" height="24"><title>${line(phase, 64)}${note}, ${formatClock(fromSeconds)} to ${formatClock(toSeconds)}</title><rect class="${at % 2 === 0 ? "even" : "odd"}" width="100%" height="100%"/><text x="6" y="16">${line(phase, 64)}</text></svg>`;
  });
  return html`<div class="plot strip"><span class="y">phase</span><svg class="x" width="100%" height="24" role="img" aria-label="Phases over run time">${parts}</svg></div>`;
}

const count = (value: number) => formatCount(value);

function entry(
  timeline: ModelTimeline,
  name: SeriesName,
  look: {
    readonly label: string;
    readonly colour: string;
    readonly show: (value: number) => string;
  },
): LegendEntry {
  const { label, colour, show } = look;
  const isEmpty = timeline.series[name].max.every((value) => value === null);
  const rest = isEmpty ? NO_DATA : `max ${show(highest(timeline, name))}`;
  return { label, colour, series: name, rest };
}

function connections(timeline: ModelTimeline): Panel {
  const axis = linearAxis(highest(timeline, "planned", "open"), PANEL_PX, compactCount);
  return {
    title: "Connections",
    describes: "Planned and open connections at the end of each second.",
    axis,
    legend: [
      entry(timeline, "planned", { label: "planned", colour: "c7", show: count }),
      entry(timeline, "open", { label: "open", colour: "c1", show: count }),
    ],
    paths: html`<path class="line wide-line c7" d="${linePath(timeline.series.planned.max, axis)}"/>${seriesPaths(timeline.series.open, axis, "c1")}`,
  };
}

function rates(
  timeline: ModelTimeline,
  title: string,
  names: readonly [SeriesName, string][],
): Panel {
  const axis = linearAxis(
    highest(timeline, ...names.map(([name]) => name)),
    PANEL_PX,
    compactCount,
  );
  return {
    title,
    describes: `Per second: ${names.map(([name]) => name).join(", ")}.`,
    axis,
    legend: names.map(([name, colour]) =>
      entry(timeline, name, { label: name, colour, show: formatRate }),
    ),
    paths: html`${names.map(([name, colour]) => seriesPaths(timeline.series[name], axis, colour))}`,
  };
}

function connectionRate(timeline: ModelTimeline): Panel {
  return rates(timeline, "Connections per second", [
    ["opened", "c1"],
    ["closed", "c7"],
    ["failed", "c4"],
  ]);
}

function messages(timeline: ModelTimeline): Panel {
  return rates(timeline, "Messages per second", [
    ["sent", "c1"],
    ["received", "c3"],
  ]);
}

function latency(timeline: ModelTimeline): Panel {
  const { p50Ms, p90Ms, p99Ms, maxMs } = timeline.series;
  const axis = msAxis(timeline, "p50Ms", "maxMs");
  const show = (value: number) => formatMs(value);
  return {
    title: "Latency, corrected",
    describes: "Percentiles of each second, from the intended send to the reply. Logarithmic.",
    axis,
    legend: [
      entry(timeline, "p50Ms", { label: "p50", colour: "c1", show }),
      entry(timeline, "p90Ms", { label: "p90", colour: "c5", show }),
      entry(timeline, "p99Ms", { label: "p99", colour: "c2", show }),
      entry(timeline, "maxMs", { label: "max", colour: "c7", show }),
    ],
    paths: html`<path class="shade c5" d="${bandPath(p50Ms.max, p90Ms.max, axis)}"/><path class="shade c2" d="${bandPath(p90Ms.max, p99Ms.max, axis)}"/>
<path class="line thin c7" d="${linePath(maxMs.max, axis)}"/><path class="line c2" d="${linePath(p99Ms.max, axis)}"/><path class="line c5" d="${linePath(p90Ms.max, axis)}"/><path class="line c1" d="${linePath(p50Ms.max, axis)}"/>`,
  };
}

function msAxis(timeline: ModelTimeline, ...names: readonly SeriesName[]): Axis {
  const high = Math.max(highest(timeline, ...names), 0.01);
  const low = lowestAbove0(timeline, ...names) ?? high / 10;
  return logAxis({ low, high, heightPx: PANEL_PX }, compactMs);
}

function failures(timeline: ModelTimeline): Panel {
  const groups = failureGroups(timeline);
  const tops = Array.from({ length: timeline.bins }, (_, bin) =>
    groups.reduce((sum, { perBin }) => sum + (perBin[bin] ?? 0), 0),
  );
  const axis = linearAxis(Math.max(0, ...tops), PANEL_PX, compactCount);
  const base = Array<number>(timeline.bins).fill(0);
  const paths = groups.map(({ perBin }, at) => {
    const path = barPath(base, perBin, axis);
    for (const [bin, height] of perBin.entries()) base[bin] = (base[bin] ?? 0) + height;
    return html`<path class="bar f${at + 1}" d="${path}"/>`;
  });
  const unit = timeline.binSeconds === 1 ? "per second" : `per ${timeline.binSeconds} s`;
  return {
    title: `Failures ${unit}`,
    describes: `Failures of every kind, stacked, ${unit}.`,
    axis,
    legend:
      groups.length === 0
        ? [{ label: "no failure in the whole run", colour: "c3", series: null, rest: "" }]
        : groups.map(({ kind, count: sum }, at) => ({
            label: kind,
            colour: `f${at + 1}`,
            series: `failures.${at}`,
            rest: formatCount(sum),
          })),
    paths: html`${paths}`,
  };
}

/** The most frequent kinds, and the rest as one. Also what the script reads. */
export function failureGroups({ failures: kinds, bins }: ModelTimeline) {
  const named = kinds
    .slice(0, FAILURE_COLOURS)
    .map((group) => ({ ...group, kind: group.kind as string }));
  const rest = kinds.slice(FAILURE_COLOURS);
  if (rest.length === 0) return named;
  const perBin = Array.from({ length: bins }, (_, bin) =>
    rest.reduce((sum, group) => sum + (group.perBin[bin] ?? 0), 0),
  );
  const sum = rest.reduce((all, group) => all + group.count, 0);
  return [...named, { kind: `${rest.length} other kinds`, count: sum, perBin }];
}

function lag(timeline: ModelTimeline): Panel {
  const axis = msAxis(timeline, "sendLagP99Ms", "loopLagMaxMs");
  const show = (value: number) => formatMs(value);
  return {
    title: "Generator: how late it was",
    describes:
      "Send lag at the 99th percentile and the longest loop lag of each second. Logarithmic.",
    axis,
    legend: [
      entry(timeline, "sendLagP99Ms", { label: "send lag p99", colour: "c1", show }),
      entry(timeline, "loopLagMaxMs", { label: "loop lag max", colour: "c5", show }),
    ],
    paths: html`${gate(GATES.secondSendLagP99Us / 1000, axis, "c1")}${gate(GATES.loopLagMaxUs / 1000, axis, "c5")}${seriesPaths(timeline.series.sendLagP99Ms, axis, "c1")}${seriesPaths(timeline.series.loopLagMaxMs, axis, "c5")}`,
  };

  function gate(limitMs: number, of: Axis, colour: string): Markup {
    if ((of.ticks.at(-1)?.value ?? 0) < limitMs) return NOTHING;
    return html`<path class="line gate ${colour}" d="M0 ${of.place(limitMs)}H${timeline.bins}"/>`;
  }
}

function busy(timeline: ModelTimeline): Panel {
  const axis = linearAxis(1, PANEL_PX, compactShare);
  return {
    title: "Generator: how busy it was",
    describes:
      "Share of time the busiest engine was at work in each second; the dashed line is the limit.",
    axis,
    legend: [
      entry(timeline, "utilisation", { label: "busiest engine", colour: "c1", show: formatShare }),
    ],
    paths: html`<path class="line gate c4" d="M0 ${axis.place(GATES.utilisation)}H${timeline.bins}"/>${seriesPaths(timeline.series.utilisation, axis, "c1")}`,
  };
}

function table(timeline: ModelTimeline): Markup {
  const every = Math.ceil(timeline.bins / TABLE_ROWS);
  const rows: Markup[] = [];
  for (let bin = 0; bin < timeline.bins; bin += every) rows.push(row(timeline, bin, bin + every));
  const head = ["time", "planned", "open", "sent/s", "received/s", "p50", "p99", "max", "failures"];
  return html`<details class="figures"><summary>The same as a table, the highest of each ${formatSeconds(every * timeline.binSeconds)}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Timeline as a table"><table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

function row(timeline: ModelTimeline, from: number, to: number): Markup {
  const top = (name: SeriesName) => {
    const values = timeline.series[name].max.slice(from, to).filter((value) => value !== null);
    return values.length === 0 ? null : Math.max(...values);
  };
  const failed = timeline.failures.reduce(
    (sum, { perBin }) => sum + perBin.slice(from, to).reduce((all, value) => all + value, 0),
    0,
  );
  const counts = (["planned", "open", "sent", "received"] as const).map(
    (name) => html`<td>${formatCount(top(name) ?? 0)}</td>`,
  );
  const times = (["p50Ms", "p99Ms", "maxMs"] as const).map(
    (name) => html`<td>${formatMs(top(name))}</td>`,
  );
  return html`<tr><th scope="row">${formatClock(from * timeline.binSeconds)}</th>${counts}${times}<td>${formatCount(failed)}</td></tr>`;
}
