/**
 * The sections a reader needs first: verdict with its reasons, validity, thresholds, key numbers. Called by page.ts.
 * Invariant: a mark of colour has a word beside it; what was not measured says so.
 */
import {
  formatBytes,
  formatCount,
  formatCounts,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
  NO_DATA,
} from "../format.ts";
import type { ReportModel } from "../model.ts";
import type { ModelThreshold } from "../model-thresholds.ts";
import { shownValue } from "../model-validity.ts";
import type { Summary } from "../summary-schema.ts";
import { formatMargin } from "../threshold-text.ts";
import { VERDICT_WORDS, verdictMeaning } from "../verdict-text.ts";
import { html, line, type Markup, NOTHING } from "./markup.ts";
import { percent } from "./plot.ts";
import { empty, table, tiles } from "./table.ts";

/** Sentences shown in a list; the rest is counted. */
const MAX_SENTENCES = 40;

export function verdictSection({ summary, reasons, notes }: ReportModel): Markup {
  const word = VERDICT_WORDS[summary.verdict];
  const sign = summary.verdict === "pass" ? "✓" : summary.verdict === "fail" ? "✗" : "!";
  return html`<div class="verdict ${summary.verdict}"><p class="word"><span class="sign" aria-hidden="true">${sign}</span> ${word}</p><p>${verdictMeaning(summary)} <span class="exit">Exit code ${summary.exitCode}.</span></p>${sentences(reasons)}</div>
${summary.findings.map(finding)}
${notes.length === 0 ? NOTHING : html`<div class="notes"><h3>Also to know</h3>${sentences(notes)}</div>`}`;
}

function sentences(texts: readonly string[]): Markup {
  if (texts.length === 0) return NOTHING;
  const more = texts.length - MAX_SENTENCES;
  return html`<ul class="reasons">${texts.slice(0, MAX_SENTENCES).map((text) => html`<li>${line(text, 600)}</li>`)}${more > 0 ? html`<li>and ${more} more, in summary.json</li>` : null}</ul>`;
}

function finding({
  locus,
  cause,
  confidence,
  basis,
  evidence,
  nextProbe,
}: Summary["findings"][number]): Markup {
  return html`<div class="finding"><h3>Finding: ${locus}</h3><p>${line(cause, 600)} <span class="exit">Confidence: ${line(confidence)}.</span></p>
<dl><dt>Basis</dt><dd>${line(basis, 600)}</dd><dt>Evidence</dt><dd>${evidence.slice(0, 10).map((text) => html`${line(text, 600)} `)}</dd><dt>Next</dt><dd>${line(nextProbe, 600)}</dd></dl></div>`;
}

export function validitySection({ validity, summary }: ReportModel): Markup {
  const lead = summary.validity.valid
    ? "No. The load generator kept to its plan, so what follows is about the target."
    : "The numbers cannot be trusted: at least one answer below is no.";
  const rows = validity.map((check) => [
    html`${check.question}<small>${check.measure}</small>`,
    check.observed.value === null && check.passed
      ? "not applicable"
      : mark(check.passed, "yes", "no"),
    shownValue(check.observed),
    check.limit === null ? "" : `at most ${shownValue(check.limit)}`,
  ]);
  const laws = Object.entries(summary.validity.ledger.differences).slice(0, MAX_SENTENCES);
  return html`<p class="lead">${lead}</p>
${table({ name: "Validity", head: ["question", "answer", "observed", "limit"], texts: 2 }, rows)}
${
  laws.length === 0
    ? NOTHING
    : html`<h3>Laws of the ledger that do not hold</h3>${table(
        { name: "Ledger", head: ["law", "off by"], texts: 1 },
        laws.map(([law, off]) => [line(law), formatCount(off)]),
      )}`
}`;
}

function mark(passed: boolean, yes: string, no: string): Markup {
  return passed
    ? html`<span class="ok">✓ ${yes}</span>`
    : html`<span class="bad">✗&nbsp;${no}</span>`;
}

export function thresholdsSection({ thresholds }: ReportModel): Markup {
  if (thresholds.length === 0) {
    return empty("The scenario has no thresholds; nothing was judged but validity.");
  }
  const passed = thresholds.filter((threshold) => threshold.passed).length;
  const rows = [...thresholds]
    .sort((a, b) => Number(a.passed) - Number(b.passed))
    .map((threshold) => [
      html`<code>${line(threshold.metric, 200)} ${line(threshold.rule, 200)}</code>${threshold.reason === null ? null : html`<small>${line(threshold.reason)}</small>`}`,
      mark(threshold.passed, "holds", "broken"),
      threshold.observed,
      threshold.margin === null ? "" : formatMargin(threshold.margin),
      bullet(threshold),
    ]);
  const head = ["rule", "result", "observed", "room left", "observed against the limit"];
  return html`<p class="lead">${passed} of ${thresholds.length} hold. <span class="roomy">The mark in each bar is the limit.</span></p>
${table({ name: "Thresholds", head, texts: 2 }, rows)}`;
}

/** The limit lies at two thirds, so that half as much again has room. */
function bullet({ ofLimit, passed }: ModelThreshold): Markup {
  if (ofLimit === null) return NOTHING;
  const width = percent(Math.min(1, Math.max(0.004, (ofLimit * 2) / 3)));
  return html`<svg class="bar-cell" width="100%" height="14" aria-hidden="true"><rect class="track" y="2" width="100%" height="10" rx="3"/><rect class="fill ${passed ? "c3" : "c4"}" y="2" width="${width}" height="10" rx="3"/><line class="limit" x1="66.667%" x2="66.667%" y1="0" y2="14"/></svg>`;
}

export function numbersSection({ summary }: ReportModel): Markup {
  const { connections: c, messages: m, durationSeconds } = summary;
  const rate = (count: number) =>
    durationSeconds > 0 ? formatRate(count / durationSeconds) : NO_DATA;
  const { expected, duplicated, reordered, corrupt, leaked } = m;
  return tiles([
    {
      label: "connections, peak",
      value: c.peak === null ? NO_DATA : formatCount(c.peak),
      note: `${formatCount(c.planned)} opens planned`,
    },
    {
      label: "established",
      value: c.attempted === 0 ? NO_DATA : formatShare(c.established / c.attempted),
      note: `${formatCount(c.established)} of ${formatCount(c.attempted)} attempts, ${formatCount(c.failed)} failed`,
    },
    {
      label: "connect p99",
      value: formatMs(c.connectMs?.p99 ?? null),
      note: `p50 ${formatMs(c.connectMs?.p50 ?? null)}`,
    },
    { label: "latency p50", value: formatMs(m.latencyMs?.p50 ?? null), note: "corrected" },
    {
      label: "latency p99",
      value: formatMs(m.latencyMs?.p99 ?? null),
      note: `p99.9 ${formatMs(m.latencyMs?.p999 ?? null)}`,
    },
    {
      label: "latency max",
      value: formatMs(m.latencyMs?.max ?? null),
      note: `of ${formatCount(m.latencyMs?.count ?? 0)} replies`,
    },
    {
      label: "messages sent",
      value: formatCount(m.sent),
      note: `${rate(m.sent)}, ${formatCount(m.skipped)} skipped`,
    },
    { label: "messages received", value: formatCount(m.received), note: rate(m.received) },
    {
      label: "replies",
      value: m.matched === null || expected === 0 ? NO_DATA : formatShare(m.matched / expected),
      note:
        m.matched === null
          ? "no message expects one"
          : formatCounts({ "timed out": m.timedOut, unanswered: m.unanswered, late: m.late }),
    },
    {
      label: "delivery",
      value: m.lost === null ? NO_DATA : `${formatCount(m.lost)} lost`,
      note: formatCounts({ duplicated, reordered, corrupt, leaked }),
    },
    {
      label: "bytes",
      value: formatBytes(m.bytesSent + m.bytesReceived),
      note: `${formatBytes(m.bytesSent)} out, ${formatBytes(m.bytesReceived)} in`,
    },
    { label: "run time", value: formatSeconds(durationSeconds), note: "drain included" },
  ]);
}
