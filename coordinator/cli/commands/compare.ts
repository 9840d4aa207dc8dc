/**
 * `onrush compare`: two runs, or two sides of several, and what differs between them for sure. Called by program.ts.
 * Invariant: reads run directories and writes nothing; exit 0 says that the rules of --fail-on hold, or that there were
 * none.
 */
import { Command, Option } from "commander";
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import { writeWhole } from "../../../shared/log.ts";
import type { CompareOutcome } from "../../analysis/compare/comparison.ts";
import type { CompareRequest } from "../../report/compare-runs.ts";
import type { CliContext, Finish } from "../context.ts";
import { addRuleOptions, compareRulesOf, type RuleOptions } from "../options/compare-options.ts";

interface CompareOptions extends RuleOptions {
  readonly baselineRuns?: readonly string[];
  readonly candidateRuns?: readonly string[];
  readonly json?: boolean;
  readonly markdown?: boolean;
}

const HELP = `
Each side is a run directory, or a directory of several. With 4 or more runs a
side, made alternately, the variance from run to run is covered. A rule of
--fail-on fails only when the whole 95 % interval lies beyond it.

Exit codes: 0 no rule fails   99 a rule fails
  97 not compared: the runs differ, or one of them cannot be trusted

Examples:
  onrush compare runs/before runs/after
  onrush compare runs/before runs/after --fail-on 'p99>5%'
  onrush compare runs/before runs/after --fail-on 'connect.failed>0.1pp'
  onrush compare --baseline-runs runs/main-* --candidate-runs runs/branch-*
  onrush compare runs/before runs/after --markdown > comment.md`;

export function compareCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("compare")
    .description("compare two runs, or two groups of runs")
    .argument("[baseline]", "run directory, or a directory of runs")
    .argument("[candidate]", "the same, to be compared with it")
    .option("--baseline-runs <DIR...>", "further runs of the baseline")
    .option("--candidate-runs <DIR...>", "further runs of the candidate")
    .addOption(new Option("--json", "print the comparison as JSON").conflicts("markdown"))
    .option("--markdown", "print it as markdown, for a comment on a pull request")
    .addHelpText("after", HELP);
  return addRuleOptions(command).action(
    async (
      baseline: string | undefined,
      candidate: string | undefined,
      options: CompareOptions,
    ) => {
      const request = requestOf(baseline, candidate, options);
      const { compareRuns } = await import("../../report/compare-runs.ts");
      const outcome = await compareRuns(request);
      writeWhole(context.stdout, await textOf(outcome, options, context));
      finish(exitCodeOf(outcome));
    },
  );
}

function requestOf(
  baseline: string | undefined,
  candidate: string | undefined,
  options: CompareOptions,
): CompareRequest {
  const sides = {
    baseline: [...(baseline === undefined ? [] : [baseline]), ...(options.baselineRuns ?? [])],
    candidate: [...(candidate === undefined ? [] : [candidate]), ...(options.candidateRuns ?? [])],
  };
  for (const [name, runs] of Object.entries(sides)) {
    if (runs.length > 0) continue;
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: `there is no run on the side of the ${name}`,
      remedy: "onrush compare <baseline> <candidate>, each a run directory or a directory of runs",
    });
  }
  return { ...sides, ...compareRulesOf(options) };
}

async function textOf(
  outcome: CompareOutcome,
  options: CompareOptions,
  { outStyle, stdout }: CliContext,
): Promise<string> {
  if (options.json === true) return `${JSON.stringify(outcome, null, 2)}\n`;
  const { comparisonReport } = await import("../../report/outline/comparison.ts");
  const blocks = comparisonReport(outcome);
  if (options.markdown === true) {
    const { reportMarkdown } = await import("../../report/formats/markdown.ts");
    return reportMarkdown([{ id: "comparison", title: "Comparison", blocks }]);
  }
  const { blocksText } = await import("../terminal/report-text.ts");
  return blocksText(blocks, { style: outStyle, columns: stdout.columns });
}

function exitCodeOf(outcome: CompareOutcome): ExitCode {
  if (outcome.verdict === "REFUSED") return ExitCode.untrusted;
  return outcome.failed ? ExitCode.thresholdFailed : ExitCode.passed;
}
