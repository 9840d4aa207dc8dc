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
import { boundText, shownValue } from "../model-validity.ts";
import {
  capacityBasis,
  countsScope,
  MESSAGE_HEAD,
  messageRows,
  receivedText,
  timesScope,
} from "../result-text.ts";
import type { Summary } from "../summary-schema.ts";
import { formatMargin } from "../threshold-text.ts";
import { didNotStart, hasRegressed, verdictMeaning, verdictWord } from "../verdict-text.ts";
import { html, line, type Markup, NOTHING } from "./markup.ts";
import { percent } from "./plot.ts";
import { empty, table, tiles } from "./table.ts";

/** Rows of messages; results.csv has all. */
const MAX_MESSAGES = 100;
/** Sentences shown in a list; the rest is counted. */
const MAX_SENTENCES = 40;

export function verdictSection({ summary, reasons, notes }: ReportModel): Markup {
  const word = verdictWord(summary);
  const sign = summary.verdict === "pass" ? "✓" : summary.verdict === "fail" ? "✗" : "!";
  // A pass that is worse than its baseline is not all green.
  const colour = hasRegressed(summary) ? "stopped" : summary.verdict;
  const { warnings } = summary;
  const others = notes.filter((note) => !warnings.includes(note));
  return html`<div class="verdict ${colour}"><p class="word"><span class="sign" aria-hidden="true">${sign}</span> ${word}</p><p>${verdictMeaning(summary)} <span class="exit">Exit code ${summary.exitCode}.</span></p>${sentences(reasons)}</div>
${warnings.length === 0 ? NOTHING : html`<div class="notes warnings"><h3>Warning</h3>${sentences(warnings)}</div>`}
${summary.findings.map(finding)}
${others.length === 0 ? NOTHING : html`<div class="notes"><h3>Also to know</h3>${sentences(others)}</div>`}`;
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
  const rows = validity.map((check) => [
    html`${check.question}<small>${check.measure}</small>`,
    check.outcome === "not judged" ? "not judged" : mark(check.outcome === "passed", "yes", "no"),
    shownValue(check.observed),
    check.outcome === "not judged" ? (check.why ?? "") : boundText(check),
  ]);
  const laws = Object.entries(summary.validity.ledger.differences).slice(0, MAX_SENTENCES);
  return html`<p class="lead">${validityLead(summary)}</p>
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

function validityLead(summary: Summary): string {
  if (didNotStart(summary)) return "The run did not start, so there is nothing to judge.";
  return summary.validity.valid
    ? "No. The load generator kept to its plan, so what follows is about the target."
    : "The numbers cannot be trusted: at least one answer below is no.";
}

function mark(passed: boolean, yes: string, no: string): Markup {
  return passed
    ? html`<span class="ok">✓ ${yes}</span>`
    : html`<span class="bad">✗&nbsp;${no}</span>`;
}

export function thresholdsSection({ thresholds, summary, origin }: ReportModel): Markup {
  if (!summary.started && origin.thresholds.length > 0) {
    return empty("The run did not start, so no threshold was judged.");
  }
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
  const scope = timesScope(summary);
  const where = scope === "whole run" ? "" : ` Rules that name no phase are judged ${scope}.`;
  return html`<p class="lead">${passed} of ${thresholds.length} hold.${where} <span class="roomy">The mark in each bar is the limit.</span></p>
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
  const times = timesScope(summary);
  return html`${tiles([
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
      label: "dropped",
      value: c.dropped === null ? NO_DATA : formatCount(c.dropped),
      note: `ended by the target or the network; ${formatCount(c.reconnects)} reconnects`,
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
    {
      label: "messages received",
      value: formatCount(m.received),
      note: `${rate(m.received)}, ${formatCount(m.unsolicited)} pushed (unsolicited)`,
    },
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
  ])}
<p class="note">${times === "whole run" ? "All figures are of the whole run." : `Counts are of the ${countsScope(summary)}; times are ${times}.`}</p>`;
}

export function messagesSection({ summary }: ReportModel): Markup {
  const rows = messageRows(summary).map(({ name, cells, latency }) => [
    line(name, 64),
    ...cells,
    formatMs(latency?.p50 ?? null),
    formatMs(latency?.p99 ?? null),
  ]);
  const received = html`<p class="lead">${receivedText(summary)}.</p>`;
  if (rows.length === 0) return html`${received}${empty("The scenario sends no message.")}`;
  const more = rows.length - MAX_MESSAGES;
  return html`${received}
${table({ name: "Messages", head: [...MESSAGE_HEAD, "p50", "p99"], texts: 1 }, rows.slice(0, MAX_MESSAGES))}${more > 0 ? html`<p class="note">and ${formatCount(more)} more, in results.csv</p>` : NOTHING}
<p class="note">Counts are of the ${countsScope(summary)}. Unanswered: the connection ended before the reply. Pushed: nobody had asked for it.</p>`;
}

/** Nothing for a run that searched for no limit. */
export function capacitySection({ summary: { capacity } }: ReportModel): Markup {
  if (capacity === null) return empty("The scenario has no find-limit phase.");
  const shown = (value: number | null) => (value === null ? "not found" : formatCount(value));
  return html`${tiles([
    {
      label: "sustainable",
      value: shown(capacity.sustainable),
      note: "connections: the highest level that held",
    },
    { label: "limit", value: shown(capacity.limit), note: "the lowest level that broke, twice" },
    { label: "knee", value: shown(capacity.knee), note: "where latency begins to bend" },
    { label: "tested", value: shown(capacity.tested), note: "the highest level judged" },
  ])}
${sentences(capacityBasis(capacity))}`;
}
