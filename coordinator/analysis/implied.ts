/**
 * Rules no scenario has to write: a run that got nothing does not pass, and one that got less than half of what it wanted
 * says so loudly. Called for a run that is over. Pure.
 * Invariant: judged is what was planned in the phases that count; why nothing came (cut, corrupt, late, never sent) does not
 * matter, it is only named.
 */
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import { phaseSpans } from "../merge/facts.ts";
import type { Counters } from "../merge/merge.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { judgedPhases, phasesThatCount } from "./judged.ts";
import type { ThresholdResult } from "./thresholds.ts";

export const IMPLIED_RULES = {
  established: "established > 0 (every run)",
  answered: "matched > 0 (every run)",
  kept: "dropped < 100% (every run)",
} as const;

/** Below this share of what was wanted, a run that passes says so. */
const WARNED_SHARE = 0.5;
/** Warnings about single messages and targets; the rest is counted. */
const MAX_PARTS = 5;

/** Rules of every run, as far as they are broken. None for one that never began. */
export function brokenImpliedRules(fold: RunFold): readonly ThresholdResult[] {
  if (!fold.began) return [];
  const phases = phasesThatCount(fold);
  const judged = fold.merge.counters(phases);
  const broken =
    nobodyIn(fold, judged, phases) ?? nothingAnswered(fold, judged) ?? allDropped(fold);
  return broken === null ? [] : [broken];
}

type Implied = Pick<StrictThreshold, "metric" | "measure" | "rule" | "statistic">;

function brokenRule(rule: Implied, reason: string): ThresholdResult {
  const isShare = rule.rule === IMPLIED_RULES.kept;
  const threshold: StrictThreshold = {
    ...rule,
    selector: { phase: null, name: null, target: null },
    operator: isShare ? "<" : ">",
    limit: isShare ? 1 : 0,
    unit: isShare ? "share" : "count",
    abort: false,
    afterUs: 0,
  };
  return { threshold, observed: isShare ? 1 : 0, passed: false, reason, untrusted: false };
}

/** Connections were wanted, and none was open in the phases that count. */
function nobodyIn(
  fold: RunFold,
  judged: Counters,
  phases: ReadonlySet<number>,
): ThresholdResult | null {
  const all = fold.merge.counters();
  if (all.attempted === 0 || judged.established > 0) return null;
  const seconds = [...secondsOf(fold, phases)];
  const isWanted = (second: number) => (fold.facts.plannedOpen[second] ?? 0) > 0;
  if (judged.attempted === 0 && !seconds.some(isWanted)) return null;
  const { openGauge } = fold.merge.timeline;
  if (seconds.some((second) => openGauge.atEndOf(second) > 0)) return null;
  const rule = { metric: "connect", measure: "connect", statistic: "established" } as const;
  const reason =
    all.established === 0
      ? `none of ${count(all.attempted)} attempts to connect succeeded`
      : `${count(all.established)} connections were established in excluded phases, and none was open in the phases that count`;
  return brokenRule({ ...rule, rule: IMPLIED_RULES.established }, reason);
}

/** Seconds of run time that touch one of the phases. */
function* secondsOf(fold: RunFold, phases: ReadonlySet<number>): Generator<number> {
  for (const { index, fromUs, toUs } of phaseSpans(fold.facts.scenario)) {
    if (!phases.has(index)) continue;
    for (let second = Math.floor(fromUs / 1e6); second * 1e6 < toUs; second++) yield second;
  }
}

/** Replies were wanted, and none came in time. */
function nothingAnswered(fold: RunFold, judged: Counters): ThresholdResult | null {
  const mix = fold.facts.scenario.messages?.mix ?? [];
  if (judged.matched > 0 || !mix.some(({ reply }) => reply.match !== "none")) return null;
  const { planned, sent, expected } = judged;
  // Messages that were sent and want no reply are what was asked for.
  if (expected === 0 && (planned === 0 || planned === sent)) return null;
  const rule = { metric: "messages", measure: "messages", statistic: "matched" } as const;
  return brokenRule({ ...rule, rule: IMPLIED_RULES.answered }, whyUnanswered(fold, judged));
}

function whyUnanswered(fold: RunFold, judged: Counters): string {
  const { planned, sent, expected, timedOut, unanswered, corruptReplies, late } = judged;
  const notSent = planned - sent;
  const causes: [number, string][] = [
    [unanswered, "whose connection ended before the reply"],
    [timedOut, "without a reply in time"],
    [corruptReplies, "whose reply came back altered"],
  ];
  const parts = causes.filter(([n]) => n > 0).map(([n, what]) => `${count(n)} ${what}`);
  if (late > 0) parts.push(`${count(late)} replies came too late`);
  if (notSent > 0) parts.push(`${count(notSent)} of ${count(planned)} messages were never sent`);
  const elsewhere = fold.merge.counters().matched;
  if (elsewhere > 0)
    parts.push(`${count(elsewhere)} replies came in excluded phases, which do not count`);
  const lead =
    expected > 0
      ? `no reply came to any of ${count(expected)} messages that want one`
      : "no message that wants a reply was sent";
  return parts.length === 0 ? lead : `${lead}: ${parts.join(", ")}`;
}

/** Everybody was thrown out, and nobody had heard a thing. */
function allDropped(fold: RunFold): ThresholdResult | null {
  const { established, dropped, received } = fold.merge.counters();
  if (established === 0 || dropped < established || received > 0) return null;
  const rule = { metric: "connections", measure: "connections", statistic: "dropped" } as const;
  return brokenRule(
    { ...rule, rule: IMPLIED_RULES.kept },
    `each of ${count(established)} connections was ended by the target or the network, and nothing was received`,
  );
}

/** What a reader must know of a run that got little of what it wanted, in plain sentences; none for one that never began. */
export function resultWarnings(fold: RunFold): readonly string[] {
  const phases = judgedPhases(fold);
  // Where nobody got in, nothing else is a surprise.
  if (!fold.began || phases.size === 0 || fold.merge.counters().established === 0) return [];
  const judged = fold.merge.counters(phases);
  return [
    ...replyWarning(judged),
    ...sendWarning(fold, judged),
    ...dropWarning(fold, judged),
    ...bounded(nameWarnings(fold, phases), "messages"),
    ...bounded(targetWarnings(fold, phases), "targets"),
  ];
}

function replyWarning({ expected, matched }: Counters): string[] {
  if (expected === 0 || matched / expected >= WARNED_SHARE) return [];
  return [`Only ${shareText(matched, expected)} messages that want a reply got one in time.`];
}

function sendWarning(fold: RunFold, { planned, sent }: Counters): string[] {
  if (fold.facts.scenario.messages === null) return [];
  if (planned === 0) return ["No message fell due in the phases that count."];
  return sent / planned >= WARNED_SHARE
    ? []
    : [`Only ${shareText(sent, planned)} planned messages were sent.`];
}

function dropWarning(fold: RunFold, { dropped }: Counters): string[] {
  const { established } = fold.merge.counters();
  if (established === 0 || dropped / established < WARNED_SHARE) return [];
  return [
    `${count(dropped)} connections were dropped: ended by the target or the network, not by the plan; ${count(established)} were established.`,
  ];
}

/** Messages that others answer for. */
function nameWarnings(fold: RunFold, phases: ReadonlySet<number>): string[] {
  const { merge, facts } = fold;
  const knowsExpected = merge.hasNameCounter("expected");
  return (facts.scenario.messages?.mix ?? []).flatMap(({ name, reply }, index) => {
    const { sent, expected, matched } = merge.nameCounters(index, phases);
    const wanted = knowsExpected ? expected : sent;
    if (reply.match === "none" || wanted === 0 || matched > 0) return [];
    return [`No reply came to message "${name}" (${count(wanted)} sent).`];
  });
}

function targetWarnings(fold: RunFold, phases: ReadonlySet<number>): string[] {
  const { merge, facts } = fold;
  if (!merge.hasTargetCounters) return [];
  return facts.scenario.targets.flatMap(({ label, url }, index) => {
    const all = merge.targetCounters(index);
    const { expected, matched } = merge.targetCounters(index, phases);
    const name = `Target ${label || url}`;
    if (all.attempted > 0 && all.established === 0) {
      return [`${name} let none of ${count(all.attempted)} connections in.`];
    }
    if (expected > 0 && matched === 0) {
      return [`${name} answered none of ${count(expected)} messages that want a reply.`];
    }
    return [];
  });
}

function bounded(warnings: readonly string[], what: string): string[] {
  const more = warnings.length - MAX_PARTS;
  if (more <= 0) return [...warnings];
  return [...warnings.slice(0, MAX_PARTS), `And so for ${count(more)} more ${what}.`];
}

function shareText(part: number, whole: number): string {
  return `${count(part)} of ${count(whole)} (${Number(((part / whole) * 100).toPrecision(3))} %)`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
