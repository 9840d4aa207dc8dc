/**
 * The report as JUnit XML, for the test views of CI systems: the test cases of the sections. Called by outputs.ts.
 * Invariants: the file has a failure exactly when a case failed; what was not judged is skipped, with the reason; times are
 * UTC; text is visible characters only.
 */
import { createRequire } from "node:module";
import type builderItself from "junit-report-builder";
import { escapeControls } from "../../../shared/scenario/issue.ts";
import type { TestCase } from "../outline/block.ts";
import type { OutlineSection } from "../outline/outline.ts";
import type { Summary } from "../summary-schema.ts";

type Builder = (typeof builderItself)["default"];
type Suite = ReturnType<ReturnType<Builder["newBuilder"]>["testSuite"]>;

/** Loaded for the first file: it takes longer than all other formats together, and most runs write none. */
const load = createRequire(import.meta.url);
/** Its declarations describe a module with a default export; what is exported is the builder itself. */
const loadBuilder = (): Builder => load("junit-report-builder") as Builder;

/** CI systems keep what they are given; this much says all. */
const MAX_CHARS = 4000;

/** XML, with a newline at the end. */
export function junitXml(sections: readonly OutlineSection[], summary: Summary): string {
  const builder = loadBuilder().newBuilder();
  const suites = sections.flatMap(({ blocks }) => blocks.filter((block) => block.kind === "cases"));
  for (const { suite, seconds, cases } of suites) {
    const made = builder.testSuite().name(visible(`${summary.name}: ${suite}`));
    // As text: a date would be written in the time zone of this machine, and without saying so.
    if (summary.startedAt !== null) made.timestamp(summary.startedAt);
    if (seconds !== undefined) made.time(seconds);
    for (const one of cases) addCase(made, one);
  }
  return `${builder.build().trimEnd()}\n`;
}

function addCase(suite: Suite, { className, name, outcome, text, type }: TestCase): void {
  const test = suite.testCase().className(visible(className)).name(visible(name));
  if (outcome === "failed") test.failure(visible(text), type);
  else if (outcome === "skipped") test.skipped().standardOutput(visible(text));
  else test.standardOutput(visible(text));
}

/** XML has no place for control characters, and readers none for hidden ones. */
function visible(raw: string): string {
  return escapeControls(raw.slice(0, MAX_CHARS));
}
