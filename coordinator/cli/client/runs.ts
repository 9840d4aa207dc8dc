/**
 * `onrush runs`, `onrush stop`, `onrush scale`: a coordinator's runs from a shell. Called by program.ts.
 * Invariant: stdout is a table, or with --json the API's own answer.
 */
import { Command, Option } from "commander";
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import type { CliContext, Finish } from "../context.ts";
import { parseCount } from "../options/values.ts";
import { type Listed, runsText } from "../terminal/runs-text.ts";
import { type ApiFlags, addApiOptions, clientOf } from "./api-options.ts";

export function runsCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("runs")
    .description("list the runs of a coordinator, the newest first")
    .option("--json", "the API's answer")
    .addHelpText("after", "\nExample:\n  onrush runs --coordinator http://127.0.0.1:7700");
  return addApiOptions(command).action(async (options: ApiFlags & { json?: boolean }) => {
    const answer = await clientOf(options, context).call<{ runs: Listed[] }>("GET", "/runs");
    context.stdout.write(
      options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : runsText(answer.runs),
    );
    finish(ExitCode.passed);
  });
}

export function stopCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("stop")
    .description("end a run of a coordinator before its plan is over")
    .argument("<run>", "id of the run")
    .option("--abort", "cut it at once instead of draining it")
    .addHelpText("after", "\nExample:\n  onrush stop 20261120-224501-echo-x7f2");
  return addApiOptions(command).action(
    async (id: string, options: ApiFlags & { abort?: boolean }) => {
      const action = options.abort === true ? "abort" : "stop";
      await clientOf(options, context).call(
        "POST",
        `/runs/${encodeURIComponent(id)}/actions/${action}`,
      );
      finish(ExitCode.passed);
    },
  );
}

interface ScaleOptions extends ApiFlags {
  readonly workers?: number;
  readonly all?: boolean;
  readonly rebalance?: boolean;
}

export function scaleCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("scale")
    .description("change how many workers serve a run while it goes on")
    .argument("<run>", "id of the run")
    .option("--workers <N>", "at most so many", parseCount)
    .addOption(new Option("--all", "as many as there are").conflicts("workers"))
    .option("--rebalance", "spread open connections anew: closes and opens them, paced")
    .addHelpText("after", "\nExample:\n  onrush scale 20261120-224501-echo-x7f2 --workers 2");
  return addApiOptions(command).action(async (id: string, options: ScaleOptions) => {
    const { workers, all, rebalance } = options;
    if (workers === undefined && all !== true && rebalance !== true) throw nothingAsked();
    const body = {
      ...(all === true ? { workers: null } : workers === undefined ? {} : { workers }),
      ...(rebalance === true ? { rebalance } : {}),
    };
    const path = `/runs/${encodeURIComponent(id)}/actions/scale`;
    const text = JSON.stringify(body);
    await clientOf(options, context).call("POST", path, { type: "application/json", text });
    finish(ExitCode.passed);
  });
}

function nothingAsked(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message: "nothing to change was named",
    remedy: "Give --workers N, --all or --rebalance.",
  });
}
