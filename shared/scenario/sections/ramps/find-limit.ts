/**
 * `ramp: find-limit`. Listed in registry.ts. Invariant: there is a level to go to, and every rule of `until` can be judged
 * level by level: what it measures is kept second by second.
 */
import * as z from "zod";
import { awaitedBy, type Measured } from "../../check/measured.ts";
import type { Path } from "../../issue.ts";
import { MAX_CONNECTIONS } from "../../limits.ts";
import type { IssueLog } from "../../read/issue-log.ts";
import {
  DEFAULT_PRECISION,
  DEFAULT_STEPS,
  longestUs,
  MAX_STEPS,
  wholeClimb,
} from "../../search.ts";
import { about, byDefault, duration, share, strict } from "../../shape/fields.ts";
import type { StrictSearch, StrictThreshold } from "../../strict.ts";
import { didYouMean } from "../../suggest.ts";
import { isFault, parseMetric, parseRule, type ThresholdFault } from "../../threshold.ts";
import { formatDuration, formatShare, quoted } from "../../units.ts";
import { base, connections, type Place, ramp } from "./ramp.ts";

/** Measures whose values are kept by the second. */
const JUDGEABLE = ["latency", "service", "connect", "ping"];

function shape() {
  return strict({
    ...base("find-limit", "Go up until a rule breaks, and find out where."),
    step: about(connections(1), "Connections between the levels of the climb.", 500),
    settle: about(duration(), "How long each level is held; its second half is judged.", "20s"),
    until: about(
      z.string().check(z.minLength(1), z.maxLength(1000)),
      "When a level is too much: rules on latency, service, connect or ping, joined by or.",
      "latency p99 > 250ms or connect failed > 1%",
    ),
    to: about(
      connections().optional(),
      `It goes no higher. Default: ${DEFAULT_STEPS} steps.`,
      10000,
    ),
    precision: byDefault(
      share(),
      formatShare(DEFAULT_PRECISION),
      "The limit is to be known to this share of itself.",
      "2%",
    ),
  });
}

export const findLimit = ramp({
  name: "find-limit",
  // A search goes where rules break, on purpose.
  isExcluded: true,
  shape,
  strict: strictSearch,
  written: ({ step, to, settleUs, until, precision }) => ({
    step,
    to,
    settle: formatDuration(settleUs),
    until: until.map(({ metric, rule }) => `${metric} ${rule}`).join(" or "),
    precision: formatShare(precision),
  }),
  end: () => null,
  held: ({ to }) => to,
  check: checkMeasured,
});

function strictSearch(
  phase: z.output<ReturnType<typeof shape>>,
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
  const sizes = { step, to, settleUs: phase.settle };
  const isSound = log.isSound(path);
  return {
    ramp: "find-limit",
    ...sizes,
    precision: phase.precision,
    until: checkUntil(phase.until, [...path, "until"], log),
    levels: isSound ? wholeClimb(sizes, from) : [],
    durationUs: isSound ? longestUs(sizes, from) : 0,
  };
}

/** `latency p99 > 250ms or connect failed > 1%` */
function checkUntil(until: string, path: Path, log: IssueLog): readonly StrictThreshold[] {
  const rules: StrictThreshold[] = [];
  let inside = 0;
  for (const part of until.split(/(\s+or\s+)/)) {
    if (!/^\s+or\s+$/.test(part)) {
      const rule = ruleOf(part);
      if (isFault(rule)) log.add(path, rule.what, rule.hint, { inside: inside + rule.offset });
      else rules.push(rule);
    }
    inside += part.length;
  }
  return rules;
}

function ruleOf(text: string): StrictThreshold | ThresholdFault {
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

/** A rule about what is never measured would end no level. */
function checkMeasured(
  { until }: StrictSearch,
  path: Path,
  { measured: { names, roles, messages, heartbeat }, log }: { measured: Measured; log: IssueLog },
): void {
  const at = [...path, "until"];
  for (const { measure, selector, metric } of until) {
    const isReply = measure === "latency" || measure === "service";
    if (selector.name !== null && !names.includes(selector.name)) {
      log.add(at, `unknown message ${quoted(selector.name)}`, didYouMean(selector.name, names));
    } else if (selector.role != null && !roles.includes(selector.role)) {
      log.add(at, `unknown role ${quoted(selector.role)}`, didYouMean(selector.role, roles));
    } else if (
      isReply &&
      messages !== undefined &&
      (messages === null || awaitedBy(messages, selector) === 0)
    ) {
      log.add(at, `${metric} cannot be judged: no reply is expected`, "add messages with a reply");
    } else if (measure === "ping" && heartbeat === false) {
      log.add(at, "nothing is pinged", "add connect.heartbeat");
    }
  }
}
