/**
 * `onrush trend`: many runs of one plan, and since which of them a measure has another level. Called by program.ts. Invariant: reads run
 * directories and writes nothing; exit 99 only where `--fail-on regressed` asks for it.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { ExitCode } from "../../../shared/errors.ts";
import { writeWhole } from "../../../shared/log.ts";
import { TREND_DESPITE, type Trend, type TrendDespite } from "../../analysis/trend/outcome.ts";
import type { CliContext, Finish } from "../context.ts";

interface TrendFlags {
  readonly measure?: readonly string[];
  readonly failOn?: "regressed";
  readonly despite?: readonly TrendDespite[];
  readonly json?: boolean;
  readonly markdown?: boolean;
}

const HELP = `
Each RUN is a run directory, a directory of several, or a summary.json; their
order is that of their starts. Runs of different plans, targets or machines are
shown apart; runs that cannot be trusted, or were cut short, are left out and
named. It takes 10 runs to tell a change from chance.

Exit codes: 0 also when something regressed   99 with --fail-on regressed

Examples:
  onrush trend runs/nightly-*
  onrush trend runs --measure p99 --measure connect.failed
  onrush trend runs --fail-on regressed --markdown > trend.md`;

export function trendCommand(context: CliContext, finish: Finish): Command {
  return new Command("trend")
    .description("follow many runs of one plan: since which run is it slower")
    .argument("<runs...>", "run directories, directories of runs, or summary.json files")
    .option(
      "--measure <ID>",
      "follow this one, such as latency.p99 or connect.failed (repeatable)",
      collect,
    )
    .addOption(
      new Option("--fail-on <RULE>", "exit 99 when a measure is worse since some run").choices([
        "regressed",
      ]),
    )
    .option(
      "--despite <KIND>",
      `one series although these differ: ${TREND_DESPITE.join(", ")} (repeatable)`,
      collectKinds,
    )
    .addOption(new Option("--json", "print the trend as JSON").conflicts("markdown"))
    .option("--markdown", "print it as markdown, for a job summary")
    .addHelpText("after", HELP)
    .action(async (runs: readonly string[], flags: TrendFlags) => {
      const { trendRuns } = await import("../../report/trend-runs.ts");
      const { measure: measures = [], despite = [], failOn } = flags;
      const options = { measures, despite, failOnRegressed: failOn === "regressed" };
      const trend = await trendRuns(runs, options);
      writeWhole(context.stdout, await textOf(trend, flags, context));
      finish(trend.failed ? ExitCode.thresholdFailed : ExitCode.passed);
    });
}

async function textOf(
  trend: Trend,
  { json, markdown }: TrendFlags,
  { outStyle, stdout }: CliContext,
): Promise<string> {
  if (json === true) return `${JSON.stringify(trend, null, 2)}\n`;
  const { trendReport } = await import("../../report/outline/trend.ts");
  const blocks = trendReport(trend);
  if (markdown === true) {
    const { reportMarkdown } = await import("../../report/formats/markdown.ts");
    return reportMarkdown([{ id: "trend", title: "Trend", blocks }]);
  }
  const { blocksText } = await import("../terminal/report-text.ts");
  return blocksText(blocks, { style: outStyle, columns: stdout.columns });
}

function collect(id: string, before: readonly string[] = []): string[] {
  return [...before, id];
}

function collectKinds(text: string, before: readonly TrendDespite[] = []): TrendDespite[] {
  const kind = TREND_DESPITE.find((known) => known === text);
  if (kind) return [...before, kind];
  throw new InvalidArgumentError(`"${text}" is not one of ${TREND_DESPITE.join(", ")}.`);
}
