/**
 * Parsers for option values that commander hands over as text. Called by the command files. Invariant: a
 * value that does not parse is a usage error (exit 2) that names the value and the form expected.
 */
import { InvalidArgumentError, Option } from "commander";
import { readAllowedTarget } from "../../../shared/net/target-policy.ts";
import { MAX_CONNECTIONS } from "../../../shared/scenario/limits.ts";
import { parseDuration } from "../../../shared/scenario/units.ts";
import type { KeySource } from "../../../shared/trust/cluster-key.ts";
import { DEFAULT_POLICIES, type RunPolicies } from "../../plan/policies.ts";
import type { CliConfig } from "../config.ts";

const MAX_SEED = 4294967295;
/** More worker processes than this on one machine is a typing error. */
const MAX_WORKERS = 1024;
const MAX_COUNT = 1_000_000;
const MAX_RATE = 1_000_000_000;

/** Accumulates `-e NAME=VALUE`; a later one wins. */
export function collectVariable(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [name, value] = splitPair(text, "-e NAME=VALUE");
  return { ...before, [name]: value };
}

/** One `--set PATH=VALUE`. */
export interface Override {
  readonly path: string;
  readonly value: string;
}

export function collectOverride(text: string, before: readonly Override[] = []): Override[] {
  const [path, value] = splitPair(text, "--set load.2.to=5000");
  return [...before, { path, value }];
}

export function collectHost(text: string, before: readonly string[] = []): string[] {
  const hosts = text.split(",").filter((host) => host.trim() !== "");
  return [...before, ...hosts.map(readAllowedTarget)];
}

export function allowTargetOption(): Option {
  return new Option(
    "--allow-target <HOST>",
    "permit a target that is not this machine (repeatable)",
  ).argParser(collectHost);
}

export function allowCommandOption(): Option {
  return new Option(
    "--allow-command <PATH>",
    "permit a fault of the scenario to run this program here (repeatable)",
  ).argParser(collectCommand);
}

function collectCommand(path: string, before: readonly string[] = []): string[] {
  if (path.startsWith("/")) return [...before, path];
  throw new InvalidArgumentError("it has to be an absolute path, such as /usr/local/bin/kill-pod");
}

export function parseSeed(text: string): number {
  return parseInteger(text, 0, MAX_SEED);
}

export function parseWorkers(text: string): number | "auto" {
  return text === "auto" ? "auto" : parseInteger(text, 1, MAX_WORKERS);
}

export function parseCount(text: string): number {
  return parseInteger(text, 1, MAX_COUNT);
}

/** @returns seconds */
export function parseSeconds(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(`${parsed.what}.`);
  return parsed.value / 1_000_000;
}

/** Messages or connections a second. */
export function parseRate(text: string): number {
  return parseInteger(text, 1, MAX_RATE);
}

export function parseConnections(text: string): number {
  return parseInteger(text, 1, MAX_CONNECTIONS);
}

function parseInteger(text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new InvalidArgumentError(`"${text}" is not a whole number from ${min} to ${max}.`);
  }
  return value;
}

function splitPair(text: string, form: string): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError(`"${text}" is not of the form ${form}.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** What a run does about workers and a bus that go away. */
export function workerLossOption(): Option {
  return new Option(
    "--on-worker-loss <POLICY>",
    "others take over its load, go on without, or fail",
  )
    .choices(["recover", "shrink", "fail"])
    .default(DEFAULT_POLICIES.onWorkerLoss);
}

export function busLossOption(): Option {
  return new Option("--on-bus-loss <POLICY>", "workers stop after their lease, or go on to the end")
    .choices(["fence", "continue"])
    .default(DEFAULT_POLICIES.onBusLoss);
}

export function policiesOf(options: {
  readonly onWorkerLoss: RunPolicies["onWorkerLoss"];
  readonly onBusLoss: RunPolicies["onBusLoss"];
  readonly waitForWorkers?: number;
}): RunPolicies {
  const { onWorkerLoss, onBusLoss, waitForWorkers } = options;
  return {
    ...{ onWorkerLoss, onBusLoss },
    ...(waitForWorkers !== undefined && { workersWithinSeconds: waitForWorkers }),
  };
}

export function insecureNoKeyOption(): Option {
  return new Option(
    "--insecure-no-key",
    "go on without ONRUSH_CLUSTER_KEY: whoever writes to the broker commands the workers",
  );
}

/** Where the key is to be found. */
export function keySource(
  options: { readonly insecureNoKey?: boolean },
  { clusterKey }: Pick<CliConfig, "clusterKey">,
): KeySource {
  return { ...clusterKey, insecure: options.insecureNoKey === true };
}

/**
 * Hosts other than loopback that may be targeted, by environment and options together.
 * @throws OnrushError ONRUSH_USAGE for what is no host
 */
export function allowedTargets(
  { allowTargets }: Pick<CliConfig, "allowTargets">,
  { allowTarget = [] }: { readonly allowTarget?: readonly string[] },
): readonly string[] {
  return [...allowTargets.map(readAllowedTarget), ...allowTarget];
}
