/**
 * The meaning of `thresholds` and `outputs`. Called by normalize.ts. Invariant: every threshold can be
 * judged in this scenario: its phase and message exist, and what it measures is measured.
 */
import type { Path } from "../issue.ts";
import {
  DEFAULT_COLLECTOR,
  DEFAULT_SCRAPE_ADDRESS,
  formatListenAddress,
  parseListenAddress,
  type RunOutput,
  readCollectorUrl,
} from "../output.ts";
import type { IssueLog } from "../read/issue-log.ts";
import type { ScenarioInput } from "../schema.ts";
import type { StrictMessages, StrictOutput, StrictThreshold } from "../strict.ts";
import { didYouMean } from "../suggest.ts";
import { isFault, parseMetric, parseRule, type ThresholdMetric } from "../threshold.ts";
import { parseDuration, quoted } from "../units.ts";
import { quantityOr } from "./quantity.ts";

const MAX_THRESHOLDS = 1000;

export interface ThresholdContext {
  readonly phases: readonly string[];
  readonly names: readonly string[];
  /** Labels of the targets, the URL of one that has none. */
  readonly targets: readonly string[];
  /** undefined when the section has issues and nothing can be said about it. */
  readonly messages: StrictMessages | null | undefined;
  readonly heartbeat: boolean | undefined;
  readonly log: IssueLog;
}

export function checkThresholds(
  input: NonNullable<ScenarioInput["thresholds"]>,
  context: ThresholdContext,
): StrictThreshold[] {
  const { log } = context;
  const thresholds: StrictThreshold[] = [];
  for (const [text, rules] of Object.entries(input)) {
    const path = ["thresholds", text];
    const metric = parseMetric(text);
    if (isFault(metric)) {
      log.add(path, metric.what, metric.hint, { part: "key" });
      continue;
    }
    for (const [index, rule] of Array.isArray(rules) ? rules.entries() : []) {
      if (!log.isSound([...path, index])) continue;
      const strict = checkRule(rule, { metric, text, path: [...path, index] }, log);
      if (strict === null) continue;
      thresholds.push(strict);
      checkAwaited(strict, [...path, index], context);
    }
    if (checkSelector(metric, path, context)) checkMeasured(metric, path, context);
  }
  if (thresholds.length > MAX_THRESHOLDS) {
    log.add(["thresholds"], `more than ${MAX_THRESHOLDS} rules`, "", { part: "key" });
  }
  return thresholds;
}

/** True when the phase, the message and the target exist. */
function checkSelector(metric: ThresholdMetric, path: Path, context: ThresholdContext): boolean {
  const { phase, name, target = null } = metric.selector;
  if (phase !== null && !context.phases.includes(phase)) {
    const hint = didYouMean(phase, context.phases);
    context.log.add(path, `unknown phase ${quoted(phase)}`, hint, { part: "key" });
  }
  if (name !== null && !context.names.includes(name)) {
    const hint = didYouMean(name, context.names);
    context.log.add(path, `unknown message ${quoted(name)}`, hint, { part: "key" });
  }
  if (target !== null && !context.targets.includes(target)) {
    const hint = didYouMean(target, context.targets);
    context.log.add(path, `unknown target ${quoted(target)}`, hint, { part: "key" });
  }
  return !context.log.hasAt(path);
}

/** Counts of `messages` that only messages with a reply have; the other measures need one anyway. */
const AWAITED: ReadonlySet<string> = new Set(["matched", "timedOut", "unanswered", "late"]);

function checkAwaited(rule: StrictThreshold, path: Path, context: ThresholdContext): void {
  const { measure, statistic, selector } = rule;
  const { messages, log } = context;
  if (measure !== "messages" || !AWAITED.has(statistic) || !messages) return;
  if (awaitedBy(messages, selector.name) > 0) return;
  const what = `messages ${statistic} cannot be judged: no reply is expected`;
  log.add(path, what, "add reply to the message");
}

function awaitedBy({ mix }: StrictMessages, name: string | null): number {
  return mix.filter((one) => one.reply.match !== "none" && (name === null || one.name === name))
    .length;
}

const NEEDS_NO_MESSAGE: ReadonlySet<string> = new Set(["connect", "connections", "ping"]);

/** A threshold on what is never measured would neither pass nor fail. */
function checkMeasured(metric: ThresholdMetric, path: Path, context: ThresholdContext): void {
  const { measure, selector } = metric;
  const { log, messages } = context;
  if (measure === "ping" && context.heartbeat === false) {
    log.add(path, "nothing is pinged", "add connect.heartbeat", { part: "key" });
  }
  if (messages === undefined || NEEDS_NO_MESSAGE.has(measure)) return;
  if (messages === null) {
    log.add(path, `${measure} cannot be judged: the scenario sends nothing`, "add messages", {
      part: "key",
    });
    return;
  }
  if (measure === "messages" || measure === "sendLag") return;
  if (awaitedBy(messages, selector.name) > 0) return;
  const what = `${measure} cannot be judged: no reply is expected`;
  log.add(path, what, "add reply to the message", { part: "key" });
}

type RuleInput = NonNullable<ScenarioInput["thresholds"]>[string][number];

function checkRule(
  input: RuleInput,
  { metric, text, path }: { metric: ThresholdMetric; text: string; path: Path },
  log: IssueLog,
): StrictThreshold | null {
  const options = typeof input === "string" ? { rule: input } : input;
  const { rule, abort = false, after } = options as Exclude<RuleInput, string>;
  const parsed = parseRule(rule, metric);
  if (isFault(parsed)) {
    const at = typeof input === "string" ? path : [...path, "rule"];
    log.add(at, parsed.what, parsed.hint, { inside: parsed.offset });
    return null;
  }
  if (after !== undefined && !abort) {
    log.add([...path, "after"], "after has no meaning without abort: true", "add abort: true");
  }
  return {
    metric: text,
    rule,
    ...metric,
    ...parsed,
    abort,
    afterUs: quantityOr(after, parseDuration, 0),
  };
}

const DEFAULT_OUTPUTS: readonly StrictOutput[] = [{ kind: "json", to: null }];

export function checkOutputs(
  input: ScenarioInput["outputs"],
  log: IssueLog,
): readonly StrictOutput[] {
  if (input === undefined) return DEFAULT_OUTPUTS;
  const outputs: StrictOutput[] = [];
  for (const [index, item] of input.entries()) {
    if (!log.isSound(["outputs", index])) continue;
    const entries = typeof item === "string" ? [[item, null] as const] : Object.entries(item);
    for (const [kind, to] of entries) {
      const output = outputOf(kind as RunOutput, to ?? null);
      if ("wrong" in output) {
        log.add(["outputs", index], output.wrong, output.hint);
        continue;
      }
      if (outputs.some((other) => other.kind === output.kind && other.to === output.to)) {
        log.add(["outputs", index], `the output ${kind} is written twice`, "remove one of them");
      }
      outputs.push(output);
    }
  }
  return outputs;
}

interface Wrong {
  readonly wrong: string;
  readonly hint: string;
}

function outputOf(kind: RunOutput, to: string | null): StrictOutput | Wrong {
  if (kind === "otlp") {
    const collector = readCollectorUrl(to ?? DEFAULT_COLLECTOR);
    return "url" in collector ? { kind, to: collector.url } : collector;
  }
  if (kind !== "prometheus") return { kind, to };
  const address = parseListenAddress(to ?? DEFAULT_SCRAPE_ADDRESS);
  if (address !== null) return { kind, to: formatListenAddress(address) };
  const wrong = `not an address to listen on: ${quoted(to ?? "")}`;
  return { wrong, hint: "write :9464, or HOST:PORT" };
}
