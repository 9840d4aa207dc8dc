/**
 * Rule of every run: replies were wanted, and one came in time. Pure; listed in registry.ts. Why nothing came (cut, corrupt,
 * late, never sent) does not matter, it is only named.
 */
import { namesOf } from "../../../shared/scenario/names.ts";
import type { Counters } from "../../merge/merge.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { JudgedRun } from "../check.ts";
import { phasesThatCount } from "../judged.ts";
import { count } from "../text.ts";
import { type Breach, impliedRule } from "./implied-rule.ts";

export const answered = impliedRule({
  name: "answered",
  measure: "messages",
  statistic: "matched",
  question: "Was any message answered?",
  brokenWhen:
    "replies were wanted in the phases that count, and none came in time: cut off, late, altered, saying that they failed, or never asked for",
  precedence: 3,
  breach,
});

function breach({ fold }: JudgedRun): Breach {
  const judged = fold.merge.counters(phasesThatCount(fold));
  if (!namesOf(fold.facts.scenario).some(({ reply }) => reply.match !== "none"))
    return { notJudged: "no message wants a reply" };
  const { planned, sent, expected, matched } = judged;
  // Messages that were sent and want no reply are what was asked for.
  if (matched > 0 || (expected === 0 && (planned === 0 || planned === sent))) return null;
  return { broken: whyUnanswered(fold, judged) };
}

function whyUnanswered(fold: RunFold, judged: Counters): string {
  const { planned, sent, expected, rejected, timedOut, unanswered, corruptReplies, late } = judged;
  const notSent = planned - sent;
  const causes: [number, string][] = [
    [unanswered, "whose connection ended before the reply"],
    [rejected, "whose reply said that they failed"],
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
      ? rejected > 0
        ? `no reply but of failure came to any of ${count(expected)} messages that want one`
        : `no reply came to any of ${count(expected)} messages that want one`
      : "no message that wants a reply was sent";
  return parts.length === 0 ? lead : `${lead}: ${parts.join(", ")}`;
}
