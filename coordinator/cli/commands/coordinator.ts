/**
 * `onrush coordinator`: serves the HTTP API for the workers of a bus, until it is asked to end. Called by program.ts; what it
 * does is launch/serve.ts. Invariant: a value that is not of its form is wrong usage, before anything is opened.
 */
import { Command, Option } from "commander";
import { OnrushError } from "../../../shared/errors.ts";
import { createLog } from "../../../shared/log.ts";
import { checkLimits, SERVICE_CHECK } from "../../check/check-limits.ts";
import { SERVICE_LIMITS } from "../../check/submission.ts";
import type { Address } from "../../launch/serve.ts";
import type { CliContext, Finish } from "../context.ts";
import { busOption, type ClusterFlags, clusterOf } from "../options/cluster-option.ts";
import {
  allowCommandOption,
  allowedTargets,
  allowTargetOption,
  insecureNoKeyOption,
  parseCount,
  parseSeconds,
} from "../options/values.ts";

interface CoordinatorOptions extends ClusterFlags {
  readonly listen: string;
  readonly data: string;
  readonly allowTarget?: readonly string[];
  readonly allowHooks?: boolean;
  readonly allowCommand?: readonly string[];
  readonly insecureNoAuth?: boolean;
  readonly maxConnections: number;
  readonly maxMessageRate: number;
  readonly maxDuration: number;
  readonly maxRuns: number;
}

const EXAMPLES = `
Examples:
  export ONRUSH_CLUSTER_KEY=$(openssl rand -hex 32)   # the workers' too
  onrush coordinator --bus redis://broker:6379
  onrush coordinator --bus nats://broker:4222 --data /var/lib/onrush
  ONRUSH_TOKENS_FILE=tokens.json \\
    onrush coordinator --bus redis://broker:6379 --listen 0.0.0.0:7700

The API is described at /docs and /openapi.json. Ctrl-C, SIGTERM or SIGHUP ends
it; its runs go on, and the next one takes them up. With a tokens file, SIGHUP
has that read again instead.`;

export function coordinatorCommand(context: CliContext, finish: Finish): Command {
  return new Command("coordinator")
    .description("serve the HTTP API for the workers of a bus")
    .addOption(busOption())
    .option("--listen <HOST:PORT>", "where to listen", "127.0.0.1:7700")
    .option("--data <DIR>", "where runs are kept, a directory each", "runs")
    .addOption(allowTargetOption())
    .addOption(allowCommandOption())
    .option("--allow-hooks", "take scenarios with hooks: code that the workers run")
    .option("--insecure-no-auth", "listen to other machines without tokens")
    .addOption(insecureNoKeyOption())
    .option("--max-connections <N>", "of one run", parseCount, SERVICE_LIMITS.connections)
    .option(
      "--max-message-rate <N>",
      "messages a second of one run",
      parseCount,
      SERVICE_LIMITS.messagesPerSec,
    )
    .addOption(
      new Option("--max-duration <TIME>", "of one run, e.g. 90m")
        .argParser(parseSeconds)
        .default(SERVICE_LIMITS.durationSeconds, "48h"),
    )
    .option("--max-runs <N>", "that wait or go on", parseCount, SERVICE_LIMITS.runs)
    .addHelpText("after", EXAMPLES)
    .action(async (options: CoordinatorOptions) => finish(await serve(options, context)));
}

/** @returns the exit code */
async function serve(
  options: CoordinatorOptions,
  { config, stdout, stderr, clock }: CliContext,
): Promise<number> {
  const bus = clusterOf("coordinator", options, config);
  const address = readAddress(options.listen);
  const { serveCoordinator } = await import("../../launch/serve.ts");
  return serveCoordinator(
    {
      bus,
      address,
      dataDirectory: options.data,
      tokensFile: config.tokensFile,
      insecureNoAuth: options.insecureNoAuth === true,
      allowTargets: allowedTargets(config, options),
      allowHooks: options.allowHooks === true,
      allowCommands: options.allowCommand ?? [],
      check: checkLimits(SERVICE_CHECK, config.env),
      limits: {
        connections: options.maxConnections,
        messagesPerSec: options.maxMessageRate,
        durationSeconds: options.maxDuration,
        runs: options.maxRuns,
      },
    },
    {
      clock,
      log: createLog("coordinator", "info", (line) => stderr.write(line)),
      signals: process,
      exit: (code) => process.exit(code),
      onListening: (url) => stdout.write(`listening on ${url}\n`),
    },
  );
}

function readAddress(text: string): Address {
  const [, host = "", port = ""] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host !== "" && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `--listen ${text} is no address`,
    remedy: "Give host and port, e.g. 127.0.0.1:7700.",
  });
}
