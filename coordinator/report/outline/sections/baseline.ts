/**
 * A run held against a baseline: what changed, how sure that is, and both percentile curves. Invariant: it says what
 * `onrush compare` says (comparison.ts); nothing for a run that was not held against another.
 */

import type { CompareOutcome } from "../../../analysis/compare/comparison.ts";
import { tallyText } from "../../text/comparison-rows.ts";
import { comparisonOf, failedRules } from "../../text/verdict-text.ts";
import { type Block, type Fact, facts, prose, type TestCase } from "../block.ts";
import { comparisonBlocks, comparisonFact, differenceText, OUTCOME_MARKS } from "../comparison.ts";
import type { Section } from "../section.ts";

export const baseline: Section = {
  meta: {
    id: "baseline",
    title: "Against the baseline",
    about:
      "Of a run with a `--baseline`: what changed, how certain that is, and both percentile curves ([compare.md](compare.md)).",
    omit: { csv: "`onrush compare --json` has it" },
  },

  build({ summary }) {
    const comparison = comparisonOf(summary);
    if (comparison === null) return [];
    return [...comparisonBlocks(comparison), cases(comparison)];
  },

  brief({ summary }) {
    const comparison = comparisonOf(summary);
    if (comparison === null) return [];
    const first = comparisonFact(comparison);
    if (comparison.verdict === "REFUSED") {
      const [why] = comparison.differences.map(differenceText);
      return [facts(first, { label: "", text: prose(why ?? "", 300) })];
    }
    const rules = comparison.rules.map(
      ({ rule, outcome, reason }): Fact => ({
        label: "",
        text: prose(`${rule}  ${outcome}: ${reason}`, 300),
        mark: OUTCOME_MARKS[outcome],
      }),
    );
    return [facts(first, ...rules)];
  },
};

/** Red is what --fail-on and --fail-inconclusive say fails. */
function cases(comparison: CompareOutcome): Block {
  const test = (name: string, outcome: TestCase["outcome"], text: string): TestCase => ({
    ...{ className: "onrush.baseline", name, outcome, text, type: "baseline" },
  });
  const whole = "it was compared with its baseline";
  const suite = { kind: "cases", suite: "against the baseline" } as const;
  if (comparison.verdict === "REFUSED") {
    const differences = comparison.differences.map(({ what, a, b }) => `${what}: ${a}, now ${b}`);
    const why = ["not compared", ...differences].join("; ");
    return { ...suite, cases: [test(whole, comparison.failed ? "failed" : "skipped", why)] };
  }
  const failed = new Set(failedRules(comparison));
  const rules = comparison.rules.map((judged) => {
    const { rule, outcome, reason } = judged;
    const isOpen = outcome === "inconclusive";
    const colour = failed.has(judged) ? "failed" : isOpen ? "skipped" : "passed";
    return test(rule, colour, `${outcome}: ${reason}`);
  });
  const tally = `${comparison.verdict}: ${tallyText(comparison)}`;
  return { ...suite, cases: [...rules, test(whole, "passed", tally)] };
}
