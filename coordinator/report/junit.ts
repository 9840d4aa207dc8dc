/**
 * The report as JUnit XML, for the test views of CI systems: a threshold is a test case, and so are each rule against the
 * baseline and each question of validity. Called by results.ts. Invariants: the file has a failure exactly when one of them
 * failed, or the verdict is none of a run that came to its end; what was not judged is skipped, with the reason; times are UTC.
 */
import builderItself from "junit-report-builder";
import { escapeControls } from "../../shared/scenario/issue.ts";
import type { CompareOutcome } from "../analysis/compare/comparison.ts";
import { tallyText } from "./comparison-rows.ts";
import type { ReportModel } from "./model.ts";
import { boundText, shownValue } from "./model-validity.ts";
import { capacityText } from "./result-text.ts";
import {
  comparisonOf,
  didNotStart,
  failedRules,
  verdictMeaning,
  verdictWord,
} from "./verdict-text.ts";

/** Its declarations describe a module with a default export; what is exported is the builder itself. */
const junit = builderItself as unknown as (typeof builderItself)["default"];

/** CI systems keep what they are given; this much says all. */
const MAX_CHARS = 4000;

/** XML, with a newline at the end. */
export function junitXml(model: ReportModel): string {
  const { summary, reasons } = model;
  const builder = junit.newBuilder();
  const suite = (name: string) => {
    const made = builder.testSuite().name(text(`${summary.name}: ${name}`));
    // As text: a date would be written in the time zone of this machine, and without saying so.
    return summary.startedAt === null ? made : made.timestamp(summary.startedAt);
  };
  // One suite alone bears the time: readers add them up.
  thresholdCases(suite("thresholds").time(summary.durationSeconds), model);
  const comparison = comparisonOf(summary);
  if (comparison !== null) baselineCases(suite("against the baseline"), comparison);
  validityCases(suite("was the generator the limit?"), model);
  const end = suite("verdict")
    .testCase()
    .className("onrush.verdict")
    .name("the run came to a verdict");
  const word = verdictWord(summary);
  const why = text([`${word}: ${verdictMeaning(summary)}`, ...reasons].join(" "));
  if (summary.verdict === "pass" || summary.verdict === "fail") {
    const { capacity, warnings } = summary;
    const found = capacity === null ? [] : [`Capacity: ${capacityText(capacity)}.`];
    end.standardOutput(text([why, ...found, ...warnings].join(" ")));
  } else end.failure(why, didNotStart(summary) ? "did not start" : summary.verdict);
  return `${builder.build().trimEnd()}\n`;
}

type Suite = ReturnType<ReturnType<typeof junit.newBuilder>["testSuite"]>;

/** A run that did not start has judged none. */
function thresholdCases(rules: Suite, { thresholds, summary, origin }: ReportModel): void {
  for (const { metric, rule, passed, observed, reason } of thresholds) {
    const test = rules
      .testCase()
      .className(text(`onrush.${metric}`))
      .name(text(`${metric} ${rule}`));
    const seen = text(`observed ${observed}${reason === null ? "" : ` (${reason})`}`);
    if (passed) test.standardOutput(seen);
    else test.failure(`${text(rule)} does not hold: ${seen}`, "threshold");
  }
  if (summary.started) return;
  for (const { metric, rule } of origin.thresholds) {
    const test = rules.testCase().className(text(`onrush.${metric}`));
    skip(test.name(text(`${metric} ${rule}`)), "not judged: the run did not start");
  }
}

/** Red is what --fail-on and --fail-inconclusive say fails. */
function baselineCases(suite: Suite, comparison: CompareOutcome): void {
  const test = (name: string) => suite.testCase().className("onrush.baseline").name(text(name));
  if (comparison.verdict === "REFUSED") {
    const differences = comparison.differences.map(({ what, a, b }) => `${what}: ${a}, now ${b}`);
    const why = text(["not compared", ...differences].join("; "));
    const compared = test("it was compared with its baseline");
    if (comparison.failed) compared.failure(why, "baseline");
    else skip(compared, why);
    return;
  }
  const failed = new Set(failedRules(comparison));
  for (const judged of comparison.rules) {
    const { rule, outcome, reason } = judged;
    const seen = text(`${outcome}: ${reason}`);
    if (failed.has(judged)) test(rule).failure(seen, "baseline");
    else if (outcome === "inconclusive") skip(test(rule), seen);
    else test(rule).standardOutput(seen);
  }
  const tally = text(`${comparison.verdict}: ${tallyText(comparison)}`);
  test("it was compared with its baseline").standardOutput(tally);
}

function validityCases(trust: Suite, { validity }: ReportModel): void {
  for (const check of validity) {
    const { question, measure, observed, outcome } = check;
    const test = trust.testCase().className("onrush.validity").name(text(question));
    const bound = boundText(check);
    const seen = text(`${measure}: ${shownValue(observed)}${bound === "" ? "" : `, ${bound}`}`);
    if (outcome === "passed") test.standardOutput(seen);
    else if (outcome === "failed") test.failure(seen, "validity");
    else skip(test, seen);
  }
}

/** The format has a place for why in the case's output alone. */
function skip(test: ReturnType<Suite["testCase"]>, why: string): void {
  test.skipped().standardOutput(why);
}

/** Visible characters only: XML has no place for control characters, and readers none for hidden ones. */
function text(raw: string): string {
  return escapeControls(raw.slice(0, MAX_CHARS));
}
