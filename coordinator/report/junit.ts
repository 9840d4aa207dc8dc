/**
 * The report as JUnit XML, for the test views of CI systems: a threshold is a test case, and so is each question of
 * validity. Called by results.ts. Invariants: the file has a failure exactly when a threshold or a question failed,
 * or the verdict is none of a run that came to its end; a run without thresholds still has test cases.
 */
import builderItself from "junit-report-builder";
import { escapeControls } from "../../shared/scenario/issue.ts";
import type { ReportModel } from "./model.ts";
import { shownValue } from "./model-validity.ts";
import { VERDICT_WORDS, verdictMeaning } from "./verdict-text.ts";

/** Its declarations describe a module with a default export; what is exported is the builder itself. */
const junit = builderItself as unknown as (typeof builderItself)["default"];

/** CI systems keep what they are given; this much says all. */
const MAX_CHARS = 4000;

/** XML, with a newline at the end. */
export function junitXml(model: ReportModel): string {
  const { summary, thresholds, validity, reasons } = model;
  const builder = junit.newBuilder();
  const suite = (name: string) => {
    const made = builder.testSuite().name(text(`${summary.name}: ${name}`));
    return summary.startedAt === null ? made : made.timestamp(new Date(summary.startedAt));
  };
  // One suite alone bears the time: readers add them up.
  const rules = suite("thresholds").time(summary.durationSeconds);
  for (const { metric, rule, passed, observed, reason } of thresholds) {
    const test = rules
      .testCase()
      .className(text(`onrush.${metric}`))
      .name(text(`${metric} ${rule}`));
    const seen = text(`observed ${observed}${reason === null ? "" : ` (${reason})`}`);
    if (passed) test.standardOutput(seen);
    else test.failure(`${text(rule)} does not hold: ${seen}`, "threshold");
  }
  const trust = suite("was the generator the limit?");
  for (const { question, measure, observed, limit, passed } of validity) {
    const test = trust.testCase().className("onrush.validity").name(text(question));
    const bound = limit === null ? "" : `, at most ${shownValue(limit)}`;
    const seen = text(`${measure}: ${shownValue(observed)}${bound}`);
    if (passed) test.standardOutput(seen);
    else test.failure(seen, "validity");
  }
  const end = suite("verdict")
    .testCase()
    .className("onrush.verdict")
    .name("the run came to a verdict");
  const why = text(
    [`${VERDICT_WORDS[summary.verdict]}: ${verdictMeaning(summary)}`, ...reasons].join(" "),
  );
  if (summary.verdict === "pass" || summary.verdict === "fail") end.standardOutput(why);
  else end.failure(why, summary.verdict);
  return `${builder.build().trimEnd()}\n`;
}

/** Visible characters only: XML has no place for control characters, and readers none for hidden ones. */
function text(raw: string): string {
  return escapeControls(raw.slice(0, MAX_CHARS));
}
