/**
 * `onrush workers`, `onrush drain`: the workers of a coordinator's cluster from a shell. Called by program.ts.
 * Invariant: stdout is a table, or with --json the API's own answer.
 */
import { Command } from "commander";
import { ExitCode } from "../../../shared/errors.ts";
import type { CliContext, Finish } from "../context.ts";
import { type ListedWorker, workersText } from "../terminal/workers-text.ts";
import { type ApiFlags, addApiOptions, clientOf } from "./api-options.ts";

export function workersCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("workers")
    .description("list the workers of a coordinator's cluster")
    .option("--json", "the API's answer")
    .addHelpText("after", "\nExample:\n  onrush workers --coordinator http://127.0.0.1:7700");
  return addApiOptions(command).action(async (options: ApiFlags & { json?: boolean }) => {
    const answer = await clientOf(options, context).call<{ workers: ListedWorker[] }>(
      "GET",
      "/workers",
    );
    context.stdout.write(
      options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : workersText(answer.workers),
    );
    finish(ExitCode.passed);
  });
}

export function drainCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("drain")
    .description("give a worker nothing more; others take over what it holds")
    .argument("<worker>", "id of the worker, as onrush workers shows it")
    .addHelpText(
      "after",
      `
Example:
  onrush drain rack-7

It returns at once; onrush workers shows when the worker holds nothing any more.
It stays drained until it is started again.`,
    );
  return addApiOptions(command).action(async (id: string, options: ApiFlags) => {
    await clientOf(options, context).call("POST", `/workers/${encodeURIComponent(id)}/drain`);
    finish(ExitCode.passed);
  });
}
