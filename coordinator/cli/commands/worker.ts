/**
 * `onrush worker`: becomes a worker that takes its share of every run on a bus, until it is asked to leave. Called by
 * program.ts. Invariant: what the options say reaches the worker through its environment, where it is checked.
 */
import { Command } from "commander";
import { become } from "../become.ts";
import type { CliContext, Finish } from "../context.ts";
import { busOption, type ClusterFlags, clusterOf } from "../options/cluster-option.ts";
import {
  collectHost,
  insecureNoKeyOption,
  parseConnections,
  parseCount,
  parseRate,
} from "../options/values.ts";

interface WorkerOptions extends ClusterFlags {
  readonly engines?: number;
  readonly capacity?: number;
  readonly id?: string;
  readonly health?: string;
  readonly rawLog?: string;
  readonly allowHooks?: boolean;
  readonly allowWorkerFaults?: boolean;
  readonly allowTarget?: readonly string[];
  readonly maxConnections?: number;
  readonly maxRate?: number;
}

const EXAMPLES = `
Examples:
  export ONRUSH_CLUSTER_KEY=...   # the coordinator's (openssl rand -hex 32)
  onrush worker --bus redis://broker:6379
  onrush worker --bus nats://broker:4222 --id rack-7
  onrush worker --bus nats://broker:4222 --engines 4 --capacity 15000
  onrush worker --bus nats://broker:4222 --health :7701   # for probes

Ctrl-C, SIGTERM or SIGHUP: hands its load to others, delivers its last results,
and leaves; a second one does not wait for others, a third ends it at once.`;

export function workerCommand({ config }: CliContext, _finish: Finish): Command {
  return new Command("worker")
    .description("start a worker of a cluster")
    .addOption(busOption())
    .option("--engines <N>", "engine threads (default: one less than the cores)", parseCount)
    .option(
      "--capacity <N>",
      "connections it may hold (default: by open files and memory)",
      parseCount,
    )
    .option("--id <NAME>", "shown to people (default: host and process)")
    .option(
      "--health <HOST:PORT>",
      "where it serves /livez, /readyz and /metrics; :7701 on all addresses (default: nowhere)",
    )
    .option(
      "--allow-target <HOST>",
      "a target besides this machine that it may load, whatever a run says (repeatable)",
      collectHost,
    )
    .option("--allow-hooks", "run the hooks of scenarios: code of whoever submits them")
    .option("--allow-worker-faults", "let faults of scenarios end, pause and isolate this worker")
    .option("--max-connections <N>", "it holds no more, whatever a run says", parseConnections)
    .option(
      "--max-rate <N>",
      "it sends no more messages and opens no more connections a second, by plan",
      parseRate,
    )
    .addOption(insecureNoKeyOption())
    .option("--raw-log <DIR>", "write every single recorded value there (a diagnostic)")
    .addHelpText("after", EXAMPLES)
    .action(async (options: WorkerOptions) => {
      const { url } = clusterOf("worker", options, config);
      await become("worker", [], environment(options, url));
    });
}

function environment(options: WorkerOptions, bus: string): Record<string, string> {
  const { engines, capacity, id, rawLog, insecureNoKey } = options;
  const { allowTarget, allowHooks, allowWorkerFaults, maxConnections, maxRate, health } = options;
  const named = {
    ONRUSH_WORKER_BUS: bus,
    ONRUSH_WORKER_ENGINES: engines,
    ONRUSH_WORKER_CAPACITY: capacity,
    ONRUSH_WORKER_ID: id,
    ONRUSH_WORKER_HEALTH: health,
    ONRUSH_WORKER_RAW_LOG: rawLog,
    ONRUSH_WORKER_ALLOW_HOOKS: allowHooks === true ? "1" : undefined,
    ONRUSH_WORKER_ALLOW_FAULTS: allowWorkerFaults === true ? "1" : undefined,
    ONRUSH_WORKER_INSECURE_NO_KEY: insecureNoKey === true ? 1 : undefined,
    ONRUSH_WORKER_ALLOW_TARGETS: allowTarget?.join(","),
    ONRUSH_WORKER_MAX_CONNECTIONS: maxConnections,
    ONRUSH_WORKER_MAX_RATE: maxRate,
  };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}
