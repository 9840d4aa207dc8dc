/**
 * The five figures a decision rests on, each beside the limit the scenario sets for it. Called by the verdict section.
 * Pure. Invariant: what was not measured says so; a figure is red when its rule is broken in a run that can be trusted.
 */

import type { Summary } from "../summary-schema.ts";
import { formatCount, formatMs, formatRate, formatShare, NO_DATA } from "../text/format.ts";
import { formatObserved } from "../text/threshold-text.ts";
import { code, type Figure, type Text, type Tone } from "./block.ts";
import { type Rule, ruleAbout } from "./rules.ts";
import type { Facts } from "./section.ts";

export function keyFigures({ summary }: Facts): Figure[] {
  const figures = [
    established(summary),
    latency(summary),
    replies(summary),
    throughput(summary),
    dropped(summary),
  ];
  if (summary.verdict !== "invalid") return figures;
  // What cannot be trusted is neither good nor bad.
  return figures.map(({ label, value, note }) => ({ label, value, note }));
}

function figure(label: string, value: string, what: string, rule: Rule | null): Figure {
  const tone: { readonly tone?: Tone } =
    rule === null ? {} : { tone: rule.passed ? "good" : "bad" };
  const note: Text =
    rule === null ? what : [`${what}; `, rule.passed ? "holds " : "breaks ", code(rule.rule, 60)];
  return { label, value, note, ...tone };
}

function established(summary: Summary): Figure {
  const { established: open, attempted, peak } = summary.connections;
  const value = attempted === 0 ? NO_DATA : formatShare(open / attempted);
  const most = peak === null ? "" : `, at most ${formatCount(peak)} open at once`;
  const what = `${formatCount(open)} of ${formatCount(attempted)} attempts${most}`;
  return figure("connections established", value, what, ruleAbout(summary, "connect", /^failed/));
}

function latency(summary: Summary): Figure {
  const q = summary.messages.latencyMs;
  const rule = ruleAbout(summary, "latency", /^(p[\d.]+|max|mean|min)\b/);
  const [statistic = "p99"] = rule?.rule.split(/[\s<>=!]/) ?? [];
  const value = rule ? formatObserved(rule.rule, rule.observed) : formatMs(q?.p99 ?? null);
  const what = q === null ? "no reply was measured" : `of ${formatCount(q.count)} replies`;
  return figure(
    `latency ${/^[a-z][\d.a-z]{1,8}$/.test(statistic) ? statistic : ""}`,
    value,
    what,
    rule,
  );
}

function replies(summary: Summary): Figure {
  const { matched, expected, timedOut, unanswered } = summary.messages;
  const none = matched === null || expected === 0;
  const missing = formatCount((timedOut ?? 0) + (unanswered ?? 0));
  return figure(
    "replies in time",
    none ? NO_DATA : formatShare(matched / expected),
    none
      ? "no message sent expects one"
      : `${missing} of ${formatCount(expected)} did not come in time`,
    ruleAbout(summary, "messages", /^(matched|timed|unanswered)/),
  );
}

function throughput(summary: Summary): Figure {
  const { sent, planned } = summary.messages;
  const { durationSeconds } = summary;
  const value = durationSeconds > 0 ? formatRate(sent / durationSeconds) : NO_DATA;
  const share = planned === 0 ? "none was planned" : `${formatShare(sent / planned)} of the plan`;
  const what = `${formatCount(sent)} sent, ${share}`;
  return figure("messages sent", value, what, ruleAbout(summary, "messages", /^rate\b/));
}

function dropped(summary: Summary): Figure {
  const { dropped: count, reconnects } = summary.connections;
  const value = count === null ? NO_DATA : formatCount(count);
  const what = `ended by the target or the network; ${formatCount(reconnects)} reconnects`;
  return figure("connections dropped", value, what, ruleAbout(summary, "connections", /^dropped/));
}
