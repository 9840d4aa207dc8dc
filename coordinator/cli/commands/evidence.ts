/**
 * `onrush evidence`: what findings of a run rest on, computed again from its journal. Called by program.ts. Invariant: writes nothing;
 * exit 99 only where `--check` asks whether summary.json says the same.
 */
import { Command, Option } from "commander";
import { ExitCode } from "../../../shared/errors.ts";
import { writeWhole } from "../../../shared/log.ts";
import type { RecomputedRun } from "../../report/evidence/recomputed.ts";
import type { CliContext, Finish } from "../context.ts";

interface EvidenceFlags {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

const HELP = `
Reads the journal alone, judges it again, and prints each sentence of evidence
with the rows of timeline.csv and the failures that it is about.

Exit codes: 0 also of a failed run   99 with --check, if summary.json differs

Examples:
  onrush evidence runs/<id>
  onrush evidence runs/<id> crash-and-restart
  onrush evidence runs/<id> threshold/0 --json
  onrush evidence runs/<id> --check`;

export function evidenceCommand(context: CliContext, finish: Finish): Command {
  return new Command("evidence")
    .description("show what the findings of a run rest on, computed from its journal")
    .argument("<run-dir>", "run directory, e.g. runs/<id>")
    .argument("[finding]", "a cause, or the id of a judgement in summary.json (all findings)")
    .option("--check", "exit 99 when summary.json says something else, or nothing")
    .addOption(new Option("--json", "print it as JSON, with every row").conflicts("markdown"))
    .option("--markdown", "print it as markdown")
    .addHelpText("after", HELP)
    .action(async (directory: string, finding: string | undefined, flags: EvidenceFlags) => {
      const { recomputeEvidence } = await import("../../report/evidence/recomputed.ts");
      const { readRun } = await import("../../launch/remake.ts");
      const run = await recomputeEvidence(directory, await readRun(directory), finding ?? null);
      writeWhole(context.stdout, await textOf(run, flags, context));
      finish(flags.check === true && !run.agrees ? ExitCode.thresholdFailed : ExitCode.passed);
    });
}

async function textOf(
  run: RecomputedRun,
  { json, markdown }: EvidenceFlags,
  { outStyle, stdout }: CliContext,
): Promise<string> {
  if (json === true) return `${JSON.stringify({ schema: 1, ...run }, null, 2)}\n`;
  const { evidenceReport } = await import("../../report/outline/evidence.ts");
  const blocks = evidenceReport(run);
  if (markdown === true) {
    const { reportMarkdown } = await import("../../report/formats/markdown.ts");
    return reportMarkdown([{ id: "evidence", title: "Evidence", blocks }]);
  }
  const { blocksText } = await import("../terminal/report-text.ts");
  return blocksText(blocks, { style: outStyle, columns: stdout.columns });
}
