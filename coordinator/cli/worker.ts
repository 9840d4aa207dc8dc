/**
 * `onrush worker`: starts a worker that takes its share of every run on a bus, until it is told to leave. Called by
 * program.ts. Invariant: what the options say reaches the worker through its environment, where it is checked.
 */
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type { CliContext } from "./context.ts";
import { parseCount } from "./options.ts";
import type { Finish } from "./program.ts";
import { standInFor } from "./stand-in.ts";

/** Beside this file's folder in the built tree. */
const WORKER_ENTRY = fileURLToPath(new URL("../../worker/main.js", import.meta.url));

interface WorkerOptions {
  readonly bus: string;
  readonly engines?: number;
  readonly capacity?: number;
  readonly id?: string;
  readonly rawLog?: string;
}

const EXAMPLES = `
Examples:
  onrush worker --bus redis://broker:6379
  onrush worker --bus nats://broker:4222 --id rack-7
  onrush worker --bus rediss://user:password@broker:6380 --engines 4 --capacity 15000

Ctrl-C or SIGTERM: ends its load, delivers its last results, and leaves.`;

export function workerCommand(context: CliContext, finish: Finish): Command {
  return new Command("worker")
    .description("start a worker of a cluster")
    .requiredOption(
      "--bus <URL>",
      "where the cluster's bus is: redis://…, rediss://…, nats://… or tls://…",
    )
    .option("--engines <N>", "engine threads (default: one less than the cores)", parseCount)
    .option(
      "--capacity <N>",
      "connections it may hold (default: by the open-file limit)",
      parseCount,
    )
    .option("--id <NAME>", "shown to people (default: host and process)")
    .option("--raw-log <DIR>", "write every single recorded value there (a diagnostic)")
    .addHelpText("after", EXAMPLES)
    .action(async (options: WorkerOptions) =>
      finish(await standInFor(WORKER_ENTRY, [], environment(options, context))),
    );
}

function environment(
  { bus, engines, capacity, id, rawLog }: WorkerOptions,
  context: CliContext,
): Record<string, string> {
  return {
    ...context.config.env,
    ONRUSH_WORKER_BUS: bus,
    ...(engines === undefined ? {} : { ONRUSH_WORKER_ENGINES: String(engines) }),
    ...(capacity === undefined ? {} : { ONRUSH_WORKER_CAPACITY: String(capacity) }),
    ...(id === undefined ? {} : { ONRUSH_WORKER_ID: id }),
    ...(rawLog === undefined ? {} : { ONRUSH_WORKER_RAW_LOG: rawLog }),
  };
}
