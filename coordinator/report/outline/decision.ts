/**
 * The decision of a run as blocks: the word and why, what would turn it around, what was not tried. Called by the verdict section.
 * Invariant: nothing is shown of a summary without one, as older versions wrote; rules are foreign.
 */
import type { Summary } from "../summary-schema.ts";
import { formatObserved } from "../text/threshold-text.ts";
import { type Block, code, type Fact, facts, list, prose } from "./block.ts";
import { sentence } from "./sentence.ts";

const MAX_RISKS = 20;
const MARKS = { go: "passed", "no-go": "failed", undecided: "open" } as const;

/** In one row. */
export function decisionFact({ decision }: Summary): Fact[] {
  if (decision === undefined) return [];
  const { word, reason } = decision;
  // Of a run that failed it is what was broken, which may quote a target; else it may be what was found.
  const why = word === "no-go" ? [prose(reason, 600)] : sentence(reason);
  const text = [`${word.toUpperCase()}: `, ...why];
  return [{ label: "decision", text, mark: MARKS[word], isProse: true }];
}

export function decisionBlocks(summary: Summary): Block[] {
  const { decision } = summary;
  if (decision === undefined) return [];
  return [facts(...decisionFact(summary), ...chanceFact(decision), ...flipFact(decision))];
}

/** What nothing is known of. */
export function untriedBlocks({ decision }: Summary): Block[] {
  const sentences = decision?.risks.map((risk) => sentence(risk.sentence)) ?? [];
  return list(sentences, { most: MAX_RISKS, title: "Not tried in this run" });
}

type Decision = NonNullable<Summary["decision"]>;

/** What its share is one of. */
function chanceFact({ chance }: Decision): Fact[] {
  if (chance === null || chance.share === null) return [];
  const { share, blocks, blockSeconds, resamples, rules, rulesTakenAsTheyAre } = chance;
  const others =
    rulesTakenAsTheyAre === 0 ? "" : ` ${rulesTakenAsTheyAre} more are taken as they came out.`;
  const text = `${Math.round(share * resamples)} of ${resamples} runs drawn from its ${blocks} blocks of ${blockSeconds} s hold ${rules} threshold${rules === 1 ? "" : "s"}.${others} Other days, machines and states of the target are not in this.`;
  return [{ label: "chance", text }];
}

function flipFact({ flip }: Decision): Fact[] {
  if (flip === null) return [];
  const { metric, rule, observed, holds, by } = flip;
  const what = holds ? "would no longer hold" : "would hold";
  const text = [
    code(`${metric} ${rule}`),
    ` ${what}: observed ${formatObserved(rule, observed)}${by === null ? "" : `, its limit is ${by > 0 ? "+" : ""}${(by * 100).toFixed(1)} % from there`}`,
  ];
  return [{ label: holds ? "closest threshold" : "furthest from its limit", text }];
}
