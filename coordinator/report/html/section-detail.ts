/**
 * The sections for who looks closer: latency, connections, failures. Called by page.ts. Invariant: text of the
 * target goes through `line`; a table that is cut says how much of it is missing.
 */
import { countOf, formatCount, formatMs, formatSeconds, NO_DATA } from "../format.ts";
import type { ReportModel } from "../model.ts";
import type { FunnelStep, StageTime } from "../model-connections.ts";
import type { FailureMatrix } from "../model-failures.ts";
import type { Quantiles, SummaryFailure } from "../summary-schema.ts";
import { curveChart } from "./curve-chart.ts";
import { heatChart } from "./heat-chart.ts";
import { html, line, type Markup, NOTHING } from "./markup.ts";
import { percent } from "./plot.ts";
import { bar, empty, QUANTILE_HEAD, quantileCells, table } from "./table.ts";

/** Failure groups shown; summary.json has more. */
const MAX_GROUPS = 100;
/** Rows of messages and phases shown; results.csv has more. */
const MAX_BREAKDOWN = 200;

export function latencySection(model: ReportModel): Markup {
  const { latency, summary } = model;
  if (latency.corrected === null && latency.heat === null) {
    return empty("No reply was measured: no message expects one, or none came.");
  }
  const rows = [
    [html`corrected<small>done − intended</small>`, ...quantileCells(latency.corrected)],
    [html`service time<small>done − sent</small>`, ...quantileCells(latency.service)],
    [html`send lag<small>sent − intended</small>`, ...quantileCells(summary.validity.sendLagMs)],
  ];
  return html`<p class="lead">Corrected latency counts from the moment a message was meant to be sent, so a target that stalls cannot hide the messages it held up. ${gap(model)}</p>
${latency.corrected === null ? empty("Only excluded phases have replies; the curve leaves those out.") : curveChart(latency)}
${table({ name: "Latency", head: ["", ...QUANTILE_HEAD], texts: 1 }, rows)}
${latency.heat === null ? NOTHING : heatChart(model, latency.heat)}
<h3>By message and phase</h3>
${breakdown(model)}`;
}

function gap({ latency: { corrected, service } }: ReportModel): string {
  if (corrected === null || service === null) return "";
  return `At p99 it is ${formatMs(corrected.p99)}, and the service time alone is ${formatMs(service.p99)}.`;
}

function breakdown({ latency }: ReportModel): Markup {
  if (latency.breakdown.length === 0) return empty("No named message has a reply.");
  const head = [
    "message",
    "phase",
    "replies",
    "p50",
    "p90",
    "p99",
    "p99.9",
    "max",
    "service p50",
    "service p99",
  ];
  const rows = latency.breakdown
    .slice(0, MAX_BREAKDOWN)
    .map(({ name, phase, excluded, latency: q, service }) => [
      line(name, 64),
      `${line(phase, 64)}${excluded ? " (excluded)" : ""}`,
      formatCount(q.count),
      ...[q.p50, q.p90, q.p99, q.p999, q.max, service?.p50 ?? null, service?.p99 ?? null].map(
        formatMs,
      ),
    ]);
  const more = latency.breakdownMore + Math.max(0, latency.breakdown.length - MAX_BREAKDOWN);
  return html`${table({ name: "Latency by message and phase", head, texts: 2 }, rows)}${more > 0 ? html`<p class="note">and ${formatCount(more)} rows more, in results.csv</p>` : NOTHING}`;
}

export function connectionsSection({ connections, summary }: ReportModel): Markup {
  const { reconnects, lostWithWorker, openAtEnd, attempted, established } = summary.connections;
  const closes = connections.closes.map(({ cause, meaning, count }) => [
    html`${line(cause, 60)}<small>${meaning}</small>`,
    bar(established === 0 ? 0 : count / established, cause === "plan" ? "c3" : "c2"),
    formatCount(count),
  ]);
  const rest = [
    `${formatCount(reconnects)} of ${formatCount(attempted)} attempts were reconnects.`,
    `${formatCount(openAtEnd)} connections were open at the end and ${formatCount(lostWithWorker)} were lost with a worker.`,
  ];
  return html`<h3>From plan to open</h3>
${attempted === 0 && summary.connections.planned === 0 ? empty("The plan opens no connection.") : funnel(connections.funnel)}
<h3>Time to connect, by stage</h3>
${stageTimes(connections.stages)}
<h3>Why connections closed</h3>
${closes.length === 0 ? empty("No connection was closed: none was open.") : table({ name: "Close causes", head: ["cause", "share of established", "count"], texts: 2 }, closes)}
<h3>How long they were open</h3>
${lifetimes(connections.lifetime)}
<p class="note">${rest.join(" ")}</p>`;
}

function lifetimes(lifetime: Quantiles | null): Markup {
  if (lifetime === null) return empty("No connection was closed: none was open.");
  const { count, min, p50, p90, p99, max, mean } = lifetime;
  const head = ["", "closed", "min", "p50", "p90", "p99", "max", "mean"];
  const cells = [formatCount(count), ...[min, p50, p90, p99, max, mean].map(formatMs)];
  const row = [html`lifetime<small>established to closed</small>`, ...cells];
  return table({ name: "Lifetimes", head, texts: 1 }, [row]);
}

function funnel(steps: readonly FunnelStep[]): Markup {
  const first = Math.max(1, steps[0]?.count ?? 1);
  const rows = steps.map(({ step, meaning, count, lost }) => [
    html`${step}<small>${meaning}</small>`,
    bar(count / first, count > 0 ? "c1" : "c4"),
    formatCount(count),
    lost.length === 0
      ? ""
      : html`<span class="bad">${lost.map(({ what, count: gone }) => `${gone > 0 ? "−" : "+"}${formatCount(Math.abs(gone))} ${line(what, 60)} `)}</span>`,
  ]);
  return table(
    { name: "Connection funnel", head: ["step", "", "count", "lost here"], texts: 2 },
    rows,
  );
}

/** The bar runs from p50 to p99 on a logarithmic scale that all stages share. */
function stageTimes(stages: readonly StageTime[]): Markup {
  const values = stages.flatMap(({ ms }) => (ms === null ? [] : [Math.max(0.001, ms.p50), ms.max]));
  if (values.length === 0) return empty("No attempt got far enough to be timed.");
  const low = Math.log10(Math.min(...values));
  const span = Math.max(0.1, Math.log10(Math.max(...values, 0.002)) - low);
  const at = (ms: number) => (Math.log10(Math.max(0.001, ms)) - low) / span;
  const rows = stages.map(({ stage, meaning, ms }) => [
    html`${stage}<small>${meaning}</small>`,
    ms === null
      ? ""
      : html`<svg class="bar-cell" width="100%" height="14" aria-hidden="true"><rect class="track" y="2" width="100%" height="10" rx="3"/><rect class="fill c1" x="${percent(at(ms.p50) * 0.98)}" y="2" width="${percent(Math.max(0.012, (at(ms.p99) - at(ms.p50)) * 0.98))}" height="10" rx="3"/><line class="limit" x1="${percent(at(ms.max) * 0.98 + 0.01)}" x2="${percent(at(ms.max) * 0.98 + 0.01)}" y1="0" y2="14"/></svg>`,
    ...(ms === null
      ? [NO_DATA, "", "", "", ""]
      : [formatCount(ms.count), ...[ms.p50, ms.p90, ms.p99, ms.max].map(formatMs)]),
  ]);
  const head = ["stage", "p50 to p99, mark: max (log)", "count", "p50", "p90", "p99", "max"];
  return table({ name: "Connect times by stage", head, texts: 2 }, rows);
}

export function failuresSection({ summary, failures }: ReportModel): Markup {
  if (summary.failures.length === 0)
    return empty("No failure of any kind was seen in the whole run.");
  const shownGroups = summary.failures.slice(0, MAX_GROUPS);
  const more = summary.failures.length - shownGroups.length;
  return html`<p class="lead">${countOf(failures.total, "failure")} in ${countOf(summary.failures.length, "group")}, the largest first. Counts are exact; samples are a few of many.</p>
<ul class="groups">${shownGroups.map(group)}</ul>${more > 0 ? html`<p class="note">and ${formatCount(more)} smaller groups, in summary.json</p>` : NOTHING}
<h3>By phase</h3>${matrix("Failures by phase", failures.byPhase)}
<h3>By target</h3>${matrix("Failures by target", failures.byTarget)}`;
}

function group({
  kind,
  signature,
  count,
  stage,
  firstSeen,
  lastSeen,
  samples,
}: SummaryFailure): Markup {
  const seen = `${formatSeconds(firstSeen / 1000)} to ${formatSeconds(lastSeen / 1000)}`;
  const head = html`<span class="count">${formatCount(count)} ×</span> <b>${line(kind, 40)}</b> <code dir="auto">${line(signature, 160)}</code><span class="seen">${stage}, seen ${seen}</span>`;
  if (samples.length === 0) return html`<li><div class="group">${head}</div></li>`;
  const rows = samples.map(({ connection, attempt, atMs, ageMs, detail }) => [
    formatCount(connection),
    formatCount(attempt),
    formatSeconds(atMs / 1000),
    ageMs === 0 ? "not open yet" : formatMs(ageMs),
    html`<code dir="auto">${line(detail, 1000)}</code>`,
  ]);
  const look = {
    name: "Samples",
    head: ["connection", "attempt", "at", "age", "detail"],
    texts: 5,
  };
  return html`<li><details><summary class="group">${head}</summary>${table(look, rows)}</details></li>`;
}

function matrix(name: string, { columns, rows, more }: FailureMatrix): Markup {
  if (columns.length === 0) return empty("Nothing to tell apart.");
  const cells = rows.map(({ kind, counts }) => {
    const most = Math.max(...counts);
    return [
      kind,
      ...counts.map((count) =>
        count === 0
          ? html`<span class="none">0</span>`
          : html`<span class="${count === most && columns.length > 1 ? "most" : ""}">${formatCount(count)}</span>`,
      ),
    ];
  });
  const head = ["kind", ...columns.map((column) => line(column, 80))];
  return html`${table({ name, head, texts: 1 }, cells)}${more > 0 ? html`<p class="note">and ${more} more with fewer failures</p>` : NOTHING}`;
}
