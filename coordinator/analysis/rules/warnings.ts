/**
 * Rules of every run that only warn: a run that got less than half of what it wanted says so loudly. Pure; listed in
 * registry.ts. Invariant: judged is what was planned in the phases that count; where nobody got in, nothing else is a surprise.
 */

import { sendsMessages } from "../../../shared/load/message-rate.ts";
import { namesOf, rolesOf } from "../../../shared/scenario/names.ts";
import { targetName } from "../../../shared/scenario/target-name.ts";
import type { Counters } from "../../merge/merge.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { type Check, evidence, notJudged } from "../check.ts";
import { generatorFailures } from "../failures.ts";
import { judgedPhases } from "../judged.ts";
import { count, partOf } from "../text.ts";

/** Below this share of what was wanted, a run that passes says so. */
const WARNED_SHARE = 0.5;
/** Warnings about single messages and targets; the rest is counted. */
const MAX_PARTS = 5;

interface Judged {
  readonly fold: RunFold;
  readonly phases: ReadonlySet<number>;
  readonly counters: Counters;
}

interface Warning extends Pick<Check["meta"], "id" | "question" | "precedence"> {
  readonly measure: string;
  /** For docs/validity.md. */
  readonly when: string;
  readonly warnings: (judged: Judged) => readonly string[];
}

function warning({ measure, when, warnings, ...meta }: Warning): Check {
  return {
    meta: { ...meta, kind: "implied", doc: [measure, when, ""] },
    judge({ fold }) {
      const phases = judgedPhases(fold);
      const of = (value: number | null) =>
        ({ measure: `warnings about ${measure}`, unit: "count", value }) as const;
      if (phases.size === 0 || fold.merge.counters().established === 0) {
        return notJudged(of(null), "nothing was connected in phases that count");
      }
      const found = warnings({ fold, phases, counters: fold.merge.counters(phases) });
      const outcome = found.length === 0 ? "pass" : "warn";
      return { observed: of(found.length), outcome, evidence: evidence(...found) };
    },
  };
}

export const fewConnections = warning({
  id: "warning/few-connections",
  question: "Did half of the attempts to connect succeed?",
  measure: "attempts to connect that succeeded",
  when: "less than half, of the whole run, reconnects included, own failures left out",
  precedence: 6,
  warnings({ fold: { merge, facts } }) {
    const { established, failed } = merge.counters();
    const all = new Set(facts.scenario.phases.keys());
    const tried = established + failed - generatorFailures(merge, all);
    if (tried <= 0 || established / tried >= WARNED_SHARE) return [];
    return [`${fewOf(established, tried)} attempts to connect succeeded.`];
  },
});

export const fewReplies = warning({
  id: "warning/few-replies",
  question: "Did half of the messages that want a reply get one in time?",
  measure: "replies in time",
  when: "less than half of the messages that want one got one",
  precedence: 1,
  warnings({ counters: { expected, matched } }) {
    if (expected === 0 || matched / expected >= WARNED_SHARE) return [];
    return [`${fewOf(matched, expected)} messages that want a reply got one in time.`];
  },
});

export const fewSends = warning({
  id: "warning/few-sends",
  question: "Was half of the planned messages sent?",
  measure: "planned messages that were sent",
  when: "less than half, or no message fell due",
  precedence: 2,
  warnings({ fold, counters: { planned, sent } }) {
    if (!sendsMessages(fold.facts.scenario)) return [];
    if (planned === 0) return ["No message fell due in the phases that count."];
    if (sent / planned >= WARNED_SHARE) return [];
    return [`${fewOf(sent, planned)} planned messages were sent.`];
  },
});

export const manyDrops = warning({
  id: "warning/many-drops",
  question: "Did the target keep half of the connections?",
  measure: "connections that were not dropped",
  when: "half of them or fewer",
  precedence: 3,
  warnings({ fold, counters: { dropped } }) {
    const { established } = fold.merge.counters();
    if (dropped / established < WARNED_SHARE) return [];
    return [
      `${count(dropped)} connections were dropped: ended by the target or the network, not by the plan; ${count(established)} were established.`,
    ];
  },
});

/** Messages that others answer for. */
export const silentMessages = warning({
  id: "warning/silent-messages",
  question: "Was every message of the mix answered?",
  measure: "messages of the mix that were answered",
  when: "one that wants a reply never got one",
  precedence: 4,
  warnings({ fold: { merge, facts }, phases }) {
    const knowsExpected = merge.names.has("expected");
    const roles = rolesOf(facts.scenario);
    const silent = namesOf(facts.scenario).flatMap(({ name, kind, role, reply }, at) => {
      if (kind !== "message") return [];
      const { sent, expected, matched } = merge.names.sum(at, phases);
      const wanted = knowsExpected ? expected : sent;
      if (reply.match === "none" || wanted === 0 || matched > 0) return [];
      const of = roles.length === 1 ? "" : ` of role "${roles[role]?.name ?? ""}"`;
      return [`No reply came to message "${name}"${of} (${count(wanted)} sent).`];
    });
    return bounded(silent, "messages");
  },
});

export const silentTargets = warning({
  id: "warning/silent-targets",
  question: "Did every target accept connections and answer?",
  measure: "targets that accepted connections and answered",
  when: "one of several accepted no connection, or never answered",
  precedence: 5,
  warnings({ fold: { merge, facts }, phases }) {
    if (!merge.targets.isUsed) return [];
    const silent = facts.scenario.targets.flatMap((target, index) => {
      const all = merge.targets.sum(index);
      const { expected, matched } = merge.targets.sum(index, phases);
      const name = `Target ${targetName(target)}`;
      if (all.attempted > 0 && all.established === 0) {
        return [`${name} let none of ${count(all.attempted)} connections in.`];
      }
      if (expected === 0 || matched > 0) return [];
      return [`${name} answered none of ${count(expected)} messages that want a reply.`];
    });
    return bounded(silent, "targets");
  },
});

function fewOf(part: number, whole: number): string {
  return part === 0 ? `None of ${count(whole)}` : `Only ${partOf(part, whole)}`;
}

function bounded(warnings: readonly string[], what: string): string[] {
  const more = warnings.length - MAX_PARTS;
  if (more <= 0) return [...warnings];
  return [...warnings.slice(0, MAX_PARTS), `And so for ${count(more)} more ${what}.`];
}
