/**
 * The meaning of a find-limit phase. Called by load.ts and normalize.ts. Invariant: there is a level to go to, and every
 * rule of `until` can be judged level by level: what it measures is kept second by second.
 */
import type { IssueLog } from "../read/issue-log.ts";
import { DEFAULT_PRECISION, DEFAULT_STEPS, longestUs, MAX_STEPS, wholeClimb } from "../search.ts";
import { MAX_CONNECTIONS, type PhaseInput } from "../shape/load.ts";
import type { StrictPhase, StrictSearch, StrictThreshold } from "../strict.ts";
import { didYouMean } from "../suggest.ts";
import { isFault, parseMetric, parseRule } from "../threshold.ts";
import { parseDuration, parseShare, quoted } from "../units.ts";
import { quantity, quantityOr } from "./quantity.ts";
import type { ThresholdContext } from "./thresholds.ts";

type SearchInput = Extract<PhaseInput, { ramp: "find-limit" }>;
type Place = { readonly index: number; readonly open: number | null; readonly log: IssueLog };

/** Measures whose values are kept by the second. */
const JUDGEABLE = ["latency", "service", "connect", "ping"];

export function checkSearch(
  phase: SearchInput,
  { index, open, log }: Place,
): StrictSearch & { durationUs: number } {
  const from = open ?? 0;
  const { step, to = Math.min(from + DEFAULT_STEPS * step, MAX_CONNECTIONS) } = phase;
  const path = ["load", index];
  if (open !== null && to <= from) {
    const what = `there is nothing to climb: ${from} connections are open already`;
    log.add([...path, "to"], what, `write more than ${from}`);
  }
  if ((to - from) / step > MAX_STEPS) {
    const hint = `at most ${MAX_STEPS}: write a larger step`;
    log.add([...path, "step"], `${Math.ceil((to - from) / step)} steps to the top`, hint);
  }
  const sizes = { step, to, settleUs: quantity(parseDuration(phase.settle)) };
  const isSound = log.isSound(path);
  return {
    ramp: "find-limit",
    ...sizes,
    precision: quantityOr(phase.precision, parseShare, DEFAULT_PRECISION),
    until: checkUntil(phase, { index, log }),
    levels: isSound ? wholeClimb(sizes, from) : [],
    durationUs: isSound ? longestUs(sizes, from) : 0,
  };
}

/** `latency p99 > 250ms or connect failed > 1%` */
function checkUntil(
  { until }: SearchInput,
  { index, log }: Omit<Place, "open">,
): readonly StrictThreshold[] {
  const rules: StrictThreshold[] = [];
  let inside = 0;
  for (const part of until.split(/(\s+or\s+)/)) {
    if (!/^\s+or\s+$/.test(part)) {
      const rule = ruleOf(part);
      if ("what" in rule) {
        log.add(["load", index, "until"], rule.what, rule.hint, { inside: inside + rule.offset });
      } else rules.push(rule);
    }
    inside += part.length;
  }
  return rules;
}

interface Fault {
  readonly what: string;
  readonly hint: string;
  readonly offset: number;
}

function ruleOf(text: string): StrictThreshold | Fault {
  const match = /^(\s*)([\w-]+(?:\s*\{[^}]*\})?)(\s+)(\S.*?)\s*$/s.exec(text);
  if (match === null) {
    const hint = "write measure, statistic, comparison and limit: latency p99 > 250ms";
    return { what: `not a rule: ${quoted(text)}`, hint, offset: 0 };
  }
  const [, lead = "", metricText = "", gap = "", ruleText = ""] = match;
  const metric = parseMetric(metricText);
  if (isFault(metric)) return { ...metric, offset: metric.offset + lead.length };
  if (!JUDGEABLE.includes(metric.measure)) {
    const what = `${metric.measure} cannot be judged level by level`;
    return { what, hint: `known here: ${JUDGEABLE.join(", ")}`, offset: lead.length };
  }
  if (metric.selector.phase !== null) {
    return { what: "the rule is about this phase already", hint: "leave phase out", offset: 0 };
  }
  const ruleAt = lead.length + metricText.length + gap.length;
  const rule = parseRule(ruleText, metric);
  if (isFault(rule)) return { ...rule, offset: rule.offset + ruleAt };
  if (rule.operator !== ">" && rule.operator !== ">=") {
    const hint = "until says when a level is too much: write >";
    return { what: `${quoted(ruleText)} asks for less`, hint, offset: ruleAt };
  }
  return { metric: metricText, rule: ruleText, ...metric, ...rule, abort: false, afterUs: 0 };
}

/** What can only be said when messages and heartbeats are known. */
export function checkSearchMeasured(
  phases: readonly StrictPhase[],
  { phases: written, names, messages, heartbeat, log }: ThresholdContext,
): void {
  for (const phase of phases) {
    if (phase.ramp !== "find-limit") continue;
    const path = ["load", written.indexOf(phase.phase), "until"];
    for (const { measure, selector, metric } of phase.until) {
      const isReply = measure === "latency" || measure === "service";
      const awaited = messages?.mix.filter(
        ({ name, reply }) =>
          reply.match !== "none" && (selector.name === null || name === selector.name),
      );
      if (selector.name !== null && !names.includes(selector.name)) {
        log.add(path, `unknown message ${quoted(selector.name)}`, didYouMean(selector.name, names));
      } else if (isReply && messages !== undefined && (awaited?.length ?? 0) === 0) {
        const hint = "add messages with a reply";
        log.add(path, `${metric} cannot be judged: no reply is expected`, hint);
      } else if (measure === "ping" && heartbeat === false) {
        log.add(path, "nothing is pinged", "add connect.heartbeat");
      }
    }
  }
}
