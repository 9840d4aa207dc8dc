/**
 * `onrush worker`: becomes a worker that takes its share of every run on a bus, until it is told to leave. Called by
 * program.ts. Invariant: what the options say reaches the worker through its environment, where it is checked.
 */
import { Command } from "commander";
import { become } from "./become.ts";
import type { CliContext } from "./context.ts";
import { insecureNoKeyOption, parseCount } from "./options.ts";
import type { Finish } from "./program.ts";

interface WorkerOptions {
  readonly bus: string;
  readonly engines?: number;
  readonly capacity?: number;
  readonly id?: string;
  readonly rawLog?: string;
  readonly insecureNoKey?: boolean;
}

const EXAMPLES = `
Examples:
  export ONRUSH_CLUSTER_KEY=...     # the coordinator's; made with: openssl rand -hex 32
  onrush worker --bus redis://broker:6379
  onrush worker --bus nats://broker:4222 --id rack-7
  onrush worker --bus nats://broker:4222 --engines 4 --capacity 15000

Ctrl-C, SIGTERM or SIGHUP: hands its load to others, delivers its last results,
and leaves; a second one does not wait for others, a third ends it at once.`;

export function workerCommand(_context: CliContext, _finish: Finish): Command {
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
    .addOption(insecureNoKeyOption())
    .option("--raw-log <DIR>", "write every single recorded value there (a diagnostic)")
    .addHelpText("after", EXAMPLES)
    .action(async (options: WorkerOptions) => become("worker", [], environment(options)));
}

function environment({
  bus,
  engines,
  capacity,
  id,
  rawLog,
  insecureNoKey,
}: WorkerOptions): Record<string, string> {
  return {
    ONRUSH_WORKER_BUS: bus,
    ...(engines === undefined ? {} : { ONRUSH_WORKER_ENGINES: String(engines) }),
    ...(capacity === undefined ? {} : { ONRUSH_WORKER_CAPACITY: String(capacity) }),
    ...(id === undefined ? {} : { ONRUSH_WORKER_ID: id }),
    ...(rawLog === undefined ? {} : { ONRUSH_WORKER_RAW_LOG: rawLog }),
    ...(insecureNoKey === true ? { ONRUSH_WORKER_INSECURE_NO_KEY: "1" } : {}),
  };
}
