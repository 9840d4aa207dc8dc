/**
 * `thresholds`: rules that decide whether the run passes. Listed in registry.ts. Invariant: every threshold can be judged
 * in this scenario: its phase and message exist, and what it measures is measured.
 */
import * as z from "zod";
import { awaitedBy, type Measured, measuredBy, sequencesBy } from "../check/measured.ts";
import { isOfSteps, type StepPart } from "../check/measured-steps.ts";
import type { Path } from "../issue.ts";
import { MEASURES } from "../measures.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { about, byDefault, duration, list, strict, text } from "../shape/fields.ts";
import type { StrictThreshold } from "../strict.ts";
import { didYouMean } from "../suggest.ts";
import { isFault, parseMetric, parseRule, type ThresholdMetric } from "../threshold.ts";
import { formatDuration, quoted } from "../units.ts";
import { section, soundItems } from "./section.ts";

const MAX_THRESHOLDS = 1000;

function rule() {
  const options = strict({
    rule: about(text(200), "The rule.", "p50 < 50ms"),
    abort: byDefault(z.boolean(), false, "End the run as soon as the rule is broken.", true),
    include: about(
      z.literal("injected").optional(),
      "Also judge what faults of the scenario did. Default: it is left out.",
      "injected",
    ),
    after: about(
      duration().optional(),
      "Never abort before this much of the run has passed. Default: 0s.",
      "30s",
    ),
  });
  return z.union([text(200), options]);
}

type Rule = z.output<ReturnType<typeof rule>>;

export const thresholds = section({
  key: "thresholds",
  shape: () =>
    about(
      z.record(z.string().max(200), list(rule, 1, 100)).optional(),
      `Rules that decide whether the run passes, per measure: ${Object.keys(MEASURES).join(", ")}.`,
      {
        latency: ["p99 < 200ms"],
        "latency{phase=steady}": ["p95 < 100ms"],
        connect: ["failed < 0.1%"],
        connections: ["dropped == 0"],
      },
    ),
  strict: (value, scene) => {
    const { log } = scene;
    const known: StrictThreshold[] = [];
    const measured = measuredBy(scene);
    for (const [metric, rules] of Object.entries(value ?? {})) {
      known.push(...strictRules(metric, rules, { measured, log }));
    }
    if (known.length > MAX_THRESHOLDS) {
      log.add(["thresholds"], `more than ${MAX_THRESHOLDS} rules`, "", { part: "key" });
    }
    return { thresholds: known };
  },
  written: ({ thresholds: known }) => {
    if (known.length === 0) return undefined;
    const rules = new Map<string, z.input<ReturnType<typeof rule>>[]>();
    for (const { metric, rule: written, abort, afterUs, withInjected } of known) {
      const more = {
        ...(afterUs !== 0 && { after: formatDuration(afterUs) }),
        ...(withInjected && { include: "injected" as const }),
      };
      rules.set(metric, [...(rules.get(metric) ?? []), { rule: written, abort, ...more }]);
    }
    return Object.fromEntries(rules);
  },
});

interface Known {
  readonly measured: Measured;
  readonly log: IssueLog;
}

/** The rules on one metric. */
function strictRules(text: string, rules: readonly Rule[], known: Known): StrictThreshold[] {
  const { log } = known;
  const path = ["thresholds", text];
  const metric = parseMetric(text);
  if (isFault(metric)) {
    log.add(path, metric.what, metric.hint, { part: "key" });
    return [];
  }
  const strictOnes: StrictThreshold[] = [];
  for (const [index, one] of soundItems(rules, path, log)) {
    const strictOne = strictRule(one, { metric, text, path: [...path, index] }, log);
    if (strictOne === null) continue;
    strictOnes.push(strictOne);
    checkAwaited(strictOne, [...path, index], known);
    checkPushed(strictOne, [...path, index], known);
  }
  if (checkSelector(metric, path, known)) checkMeasured(metric, path, known);
  return strictOnes;
}

function strictRule(
  one: Rule,
  { metric, text, path }: { metric: ThresholdMetric; text: string; path: Path },
  log: IssueLog,
): StrictThreshold | null {
  const isShort = typeof one === "string";
  const { rule: written, abort, after, include } = isShort ? { rule: one, abort: false } : one;
  const parsed = parseRule(written, metric);
  if (isFault(parsed)) {
    log.add(isShort ? path : [...path, "rule"], parsed.what, parsed.hint, {
      inside: parsed.offset,
    });
    return null;
  }
  if (after !== undefined && !abort) {
    log.add([...path, "after"], "after has no meaning without abort: true", "add abort: true");
  }
  return {
    ...{ metric: text, rule: written, ...metric, ...parsed, abort, afterUs: after ?? 0 },
    ...(include && { withInjected: true }),
  };
}

/** True when the phase, the message and the target exist. */
function checkSelector({ measure, selector }: ThresholdMetric, path: Path, known: Known): boolean {
  const { measured, log } = known;
  const check = (what: string, name: string | null | undefined, names: readonly string[]) => {
    if (name == null || names.includes(name)) return;
    const hint = didYouMean(name, names);
    log.add(path, `unknown ${what} ${quoted(name)}`, hint, { part: "key" });
  };
  check("phase", selector.phase, measured.phases);
  if (measure === "push") check("listen", selector.name, measured.listens);
  else if (measured.steps !== undefined) {
    const steps = measured.steps.map(({ name }) => name);
    check("message", selector.name, [...measured.names, ...steps]);
  }
  check("target", selector.target, measured.targets);
  if (measured.messages !== undefined) check("event", selector.event, measured.events);
  check("role", selector.role, measured.roles);
  return !log.hasAt(path);
}

/** Counts of `messages` that only messages with a reply have; the other measures need one anyway. */
const AWAITED: ReadonlySet<string> = new Set(["matched", "timedOut", "unanswered", "late"]);

function checkAwaited(one: StrictThreshold, path: Path, { measured, log }: Known): void {
  const { measure, statistic, selector } = one;
  const { messages } = measured;
  if (measure === "messages" && statistic === "completed" && selector.name === null) {
    log.add(path, "messages completed is counted by step", "select one: messages{name=STEP}");
  }
  if (measure !== "messages" || !AWAITED.has(statistic) || !messages) return;
  if (isOfSteps(measured.steps, selector, "isAwaited")) return;
  if (awaitedBy(messages, selector) > 0) return;
  const what = `messages ${statistic} cannot be judged: no reply is expected`;
  log.add(path, what, "add reply to the message");
}

const COUNTED: ReadonlySet<string> = new Set(["received", "rate"]);
const BY_KEY: ReadonlySet<string> = new Set(["reached", "missed", "repeated"]);

/** Latency needs a time of sending, and reach a key. */
function checkPushed(one: StrictThreshold, path: Path, { measured, log }: Known): void {
  const { measure, statistic, selector } = one;
  if (measure !== "push" || !measured.listen?.length || COUNTED.has(statistic)) return;
  const needs = BY_KEY.has(statistic) ? "key" : "sentAt";
  const { name } = selector;
  const listens = measured.listen.filter((listen) => name === null || listen.name === name);
  if (listens.some((listen) => listen[needs] !== null)) return;
  log.add(path, `push ${statistic} cannot be judged without ${needs}`, `add ${needs} to listen`);
}

/** What a step has to be for its rule to be judged; by measure. */
const OF_STEPS: Readonly<Record<string, StepPart>> = {
  messages: "isAny",
  service: "isAwaited",
  delivery: "isAwaited",
};

const NEEDS_NO_MESSAGE: ReadonlySet<string> = new Set([
  "connect",
  "connections",
  "ping",
  "push",
  "availability",
]);

/** A rule on what is never measured would neither pass nor fail. */
export function checkMeasured(metric: ThresholdMetric, path: Path, { measured, log }: Known): void {
  const { measure, selector } = metric;
  const { messages, heartbeat, isAudited } = measured;
  const add = (what: string, hint: string) => log.add(path, what, hint, { part: "key" });
  if (measure === "ping" && heartbeat === false) add("nothing is pinged", "add connect.heartbeat");
  if (measure === "push" && measured.listen?.length === 0) {
    add("push cannot be judged: nothing is listened for", "add listen");
  }
  if (messages === undefined || NEEDS_NO_MESSAGE.has(measure)) return;
  if (measure === "delivery" && isAudited) return;
  if (measure !== "sequence" && isOfSteps(measured.steps, selector, OF_STEPS[measure] ?? "isTimed"))
    return;
  if (messages === null) {
    add(`${measure} cannot be judged: the scenario sends nothing`, "add messages");
    return;
  }
  if (measure === "messages" || measure === "sendLag" || selector.event != null) return;
  if (measure === "sequence") {
    if (sequencesBy(messages, selector) > 0) return;
    add("sequence cannot be judged: no sequence is expected", "add sequence to the message");
    return;
  }
  if (awaitedBy(messages, selector) > 0) return;
  add(`${measure} cannot be judged: no reply is expected`, "add reply to the message");
}
