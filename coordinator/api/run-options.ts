/**
 * The options of a run started from TypeScript, and what they ask coordinator/launch for. Called by live-run.ts. Invariant:
 * what is not given has the default of the command line; what cannot be is wrong usage before anything is started.
 */
import { OnrushError } from "../../shared/errors.ts";
import { readAllowedTarget } from "../../shared/net/target-policy.ts";
import type { StrictOutput } from "../../shared/scenario/strict.ts";
import { parseDuration } from "../../shared/scenario/units.ts";
import type { KeySource } from "../../shared/trust/cluster-key.ts";
import type { BaselineRequest } from "../active-run/request.ts";
import type { LaunchRequest } from "../launch/launch.ts";
import { readOutput } from "../launch/outputs.ts";
import type { ValidScenario } from "../launch/scenario/scenario-file.ts";
import { DEFAULT_POLICIES } from "../plan/policies.ts";
import type { RunEvent } from "../store/event.ts";
import { type CompareOptions, rulesOf } from "./compare-options.ts";
import type { ScenarioOptions } from "./scenario-source.ts";

export interface RunOptions extends ScenarioOptions {
  /** Worker processes; with a bus: how many to wait for. Default: "auto", as few as the limits allow; with a bus 1. */
  readonly workers?: number | "auto";
  /** Runs on the workers of this bus. Default: on workers this process starts, which end with the run. */
  readonly bus?: RunBus;
  /** Hosts other than this machine that may be targeted. Default: none. */
  readonly allowTargets?: readonly string[];
  /** A worker is lost. Default: "recover", others take over its load. */
  readonly onWorkerLoss?: "recover" | "shrink" | "fail";
  /** The bus does not answer. Default: "fence", workers stop when their lease has run out. */
  readonly onBusLoss?: "fence" | "continue";
  /** Where the run is written. Default: `runs/<id>` in the working directory. */
  readonly runDirectory?: string;
  /** Results beside report.html and summary.json, as `--out`: "md", "junit=reports/junit.xml", "prometheus=:9464". */
  readonly outputs?: readonly string[];
  /** Runs to compare it with when it is over, and the rules of the comparison. */
  readonly baseline?: CompareOptions & { readonly runs: readonly string[] };
  /** How long to wait for the target to accept a connection, e.g. "30s". Default: not at all. */
  readonly waitForTarget?: string;
  /** How long to wait for the workers of a bus, e.g. "5m". Default: "30s". */
  readonly waitForWorkers?: string;
  /** Stops the run as `stop()` does. */
  readonly signal?: AbortSignal;
  /** Takes each event of the run's journal as it happens. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Takes lines for people: what workers write, and what is waited for. Default: they are dropped. */
  readonly onLog?: (line: string) => void;
}

export interface RunBus {
  /** redis://…, rediss://…, nats://… or tls://… */
  readonly url: string;
  /** The key of the cluster: ONRUSH_CLUSTER_KEY of its workers. */
  readonly key?: string;
  /** Goes on without a key, as `--insecure-no-key`. */
  readonly insecureNoKey?: boolean;
}

const MAX_WORKERS = 1024;
const MAX_WAIT_SECONDS = 3600;

/** @throws OnrushError ONRUSH_USAGE */
export function launchRequestOf(
  { scenario, source, fileName }: ValidScenario & { readonly fileName: string },
  options: RunOptions,
): LaunchRequest {
  const { bus, allowTargets = [], baseline, outputs = [] } = options;
  const { waitForTarget, waitForWorkers } = options;
  return {
    scenario,
    source: { fileName, text: source },
    outputs: outputs.map(outputOf),
    allowTargets: allowTargets.map(readAllowedTarget),
    workers: workersOf(options.workers ?? "auto"),
    bus: bus === undefined ? null : { url: bus.url, key: keyOf(bus) },
    policies: {
      onWorkerLoss: options.onWorkerLoss ?? DEFAULT_POLICIES.onWorkerLoss,
      onBusLoss: options.onBusLoss ?? DEFAULT_POLICIES.onBusLoss,
      ...(waitForWorkers !== undefined && {
        workersWithinSeconds: waitOf("waitForWorkers", waitForWorkers),
      }),
    },
    baseline: baseline === undefined ? null : baselineOf(baseline),
    runDirectory: options.runDirectory,
    waitSeconds: waitForTarget === undefined ? undefined : waitOf("waitForTarget", waitForTarget),
  };
}

/** @throws OnrushError ONRUSH_USAGE */
export function outputOf(text: string): StrictOutput {
  const output = readOutput(text);
  if ("value" in output) return output.value;
  throw usage(output.wrong, "outputs are written as the option --out: docs/cli.md");
}

function baselineOf({
  runs,
  ...options
}: CompareOptions & { readonly runs: readonly string[] }): BaselineRequest {
  return { runs, ...rulesOf(options) };
}

function workersOf(workers: number | "auto"): number | "auto" {
  const isCount =
    Number.isInteger(workers) && Number(workers) >= 1 && Number(workers) <= MAX_WORKERS;
  if (workers === "auto" || isCount) return workers;
  throw usage(
    `workers: ${workers} is neither "auto" nor a whole number from 1 to ${MAX_WORKERS}`,
    "",
  );
}

function waitOf(option: string, text: string): number {
  const parsed = parseDuration(text);
  const seconds = parsed.ok ? parsed.value / 1e6 : Number.NaN;
  if (seconds > 0 && seconds <= MAX_WAIT_SECONDS) return seconds;
  throw usage(`${option}: ${text} is no time from 1ms to 60m`, 'write it as "30s"');
}

function keyOf({ key, insecureNoKey = false }: RunBus): KeySource {
  if (key !== undefined || insecureNoKey) {
    return { key: key ?? null, file: null, insecure: insecureNoKey };
  }
  throw usage(
    "bus.key is missing: a run on a bus takes the key that its workers have (ONRUSH_CLUSTER_KEY)",
    "give bus.key, or for a trial bus.insecureNoKey",
  );
}

function usage(message: string, remedy: string): OnrushError {
  return new OnrushError({ code: "ONRUSH_USAGE", message, remedy });
}
