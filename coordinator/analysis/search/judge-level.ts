/**
 * Judges a level of a find-limit phase: what the rules of `until` say of its second half, whether those who were to be open
 * were, and whether the generator was up to it. Pure; called by run/limit-search.ts when all of the level is in.
 * Invariant: whole seconds of that level only, without those in which the generator was not up to it. A level at which it
 * failed says nothing of the target.
 */
import { selectedNames } from "../../../shared/scenario/names.ts";
import type { StrictThreshold } from "../../../shared/scenario/strict.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { TimelineRow } from "../../merge/timeline.ts";
import type { Judgement } from "../../store/event.ts";
import { generatorFailures } from "../failures.ts";
import { isSaturated, judgedHistogram } from "../judged.ts";
import { count } from "../text.ts";
import { isTrue, timeOf } from "../threshold-value.ts";

/** A level's place in run time, in seconds: [from, held) it changes, [held, to) it stays. */
export interface LevelSpan {
  readonly phase: number;
  readonly planned: number;
  readonly from: number;
  readonly held: number;
  readonly to: number;
}

/** Part of the planned connections that have to be open. */
const LEAST_OPEN = 0.99;
/** Seconds that break a gate of validity are left out; when it is more than this part of them, nothing is judged. */
const MOST_MASKED = 0.5;

export function judgeLevel(
  fold: RunFold,
  span: LevelSpan,
  rules: readonly StrictThreshold[],
): Judgement {
  const judged = rowsOf(fold, Math.floor((span.held + span.to) / 2), span.to);
  const observed = rules.map((rule) => observe(fold, span, rule));
  const untrusted = whyUntrusted(fold, span, judged);
  if (untrusted !== null) return { verdict: "untrusted", observed, reason: untrusted };
  const reasons = rules.flatMap((rule, at) => whyBroken(rule, observed[at] ?? null));
  const open = judged.at(-1)?.open ?? 0;
  if (open < LEAST_OPEN * span.planned) {
    reasons.unshift(`only ${count(open)} of ${count(span.planned)} were open`);
  }
  const reason = reasons.join(", and ");
  return { verdict: reasons.length === 0 ? "held" : "broken", observed, reason };
}

function rowsOf(fold: RunFold, from: number, to: number): TimelineRow[] {
  const rows: TimelineRow[] = [];
  for (let second = from; second < to; second++) {
    const row = fold.merge.timeline.row(second);
    if (row !== null) rows.push(row);
  }
  return rows;
}

function whyUntrusted(
  fold: RunFold,
  { phase, held, to }: LevelSpan,
  judged: readonly TimelineRow[],
): string | null {
  const failed = generatorFailures(fold.merge, new Set([phase]));
  if (failed > 0) return `the generator could not make ${count(failed)} connections`;
  if (fold.disturbances.touches(held, to - held)) return "a worker was lost meanwhile";
  const isMasked = ({ second, engines }: TimelineRow) => engines === 0 || isSaturated(fold, second);
  const masked = judged.filter(isMasked).length;
  if (masked <= MOST_MASKED * judged.length) return null;
  return `the generator was not up to it in ${masked} of ${judged.length} seconds`;
}

/** Connections are made while the level changes, so of them all of it is looked at. */
function observe(fold: RunFold, span: LevelSpan, rule: StrictThreshold): number | null {
  const from = rule.measure === "connect" ? span.from : Math.floor((span.held + span.to) / 2);
  const time = timeOf(rule);
  if (time === null) return observeFailed(fold, from, { span, rule });
  const names = selectedNames(fold.facts.scenario, rule.selector);
  const selection = { metric: time.metric, phases: null, names: names && new Set(names) };
  const window = { from, to: span.to };
  const histogram =
    rule.measure === "connect"
      ? fold.merge.series.histogram(selection, window, (at, length) => at + length <= span.to)
      : judgedHistogram(fold, selection, window);
  return histogram === null ? null : time.read(histogram);
}

/** `connect failed`, as a count or as a share of the attempts. */
function observeFailed(
  fold: RunFold,
  from: number,
  { span, rule }: { readonly span: LevelSpan; readonly rule: StrictThreshold },
): number | null {
  let failed = 0;
  let attempts = 0;
  for (const row of rowsOf(fold, from, span.to)) {
    failed += row.failed;
    attempts += row.failed + row.opened;
  }
  if (rule.unit === "count") return failed;
  return attempts === 0 ? null : failed / attempts;
}

function whyBroken(rule: StrictThreshold, observed: number | null): string[] {
  const what = `${rule.metric} ${rule.rule}`;
  if (observed === null) {
    // Nothing connects at a level that only stays; but messages go on, so replies that are missing tell something.
    const isReply = rule.measure === "latency" || rule.measure === "service";
    return isReply ? [`${what}: no reply came`] : [];
  }
  if (!isTrue(observed, rule)) return [];
  return [`${rule.metric} ${rule.statistic} was ${shown(rule, observed)}`];
}

function shown({ unit }: StrictThreshold, value: number): string {
  if (unit === "us") return `${threeFigures(value / 1000)} ms`;
  return unit === "share" ? `${threeFigures(100 * value)}%` : count(value);
}

function threeFigures(value: number): string {
  return value >= 100 ? count(Math.round(value)) : value.toPrecision(3);
}
