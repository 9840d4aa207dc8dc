/**
 * The command that runs a run again, for its report. Called by `run`. Invariant: values that commonly carry a secret
 * are not in it (variables, headers, TLS, what the scenario declares secret, passwords of a bus): they are `***`.
 */
import { createMask, MASK } from "../../shared/scenario/mask.ts";
import { DEFAULT_POLICIES, type RunPolicies } from "../run/plan.ts";
import { type BareUrlOptions, bareUrlWords } from "./bare-url.ts";
import type { ScenarioOptions } from "./scenario-file.ts";

/** Parts of a scenario whose values are figures and names, not credentials. */
const HARMLESS = /^(?:load|messages\.(?:rate|arrival|inFlight)|integrity|thresholds|seed|name)\b/;

export interface RerunOptions extends ScenarioOptions, BareUrlOptions {
  readonly workers: number | "auto";
  readonly bus?: string;
  readonly onWorkerLoss: RunPolicies["onWorkerLoss"];
  readonly onBusLoss: RunPolicies["onBusLoss"];
  readonly allowTarget?: readonly string[];
}

/** Words of a command line, to be quoted by whoever shows them. */
export function rerunCommand(
  file: string,
  options: RerunOptions,
  secrets: readonly string[],
): string[] {
  const words = ["onrush", "run", file, ...bareUrlWords(options)];
  for (const name of Object.keys(options.env ?? {})) words.push("-e", `${name}=${MASK}`);
  for (const { path, value } of options.set ?? []) {
    words.push("--set", `${path}=${HARMLESS.test(path) ? value : MASK}`);
  }
  if (options.seed !== undefined) words.push("--seed", String(options.seed));
  if (options.driver !== undefined) words.push("--driver", options.driver);
  if (options.workers !== "auto") words.push("--workers", String(options.workers));
  if (options.bus !== undefined) words.push("--bus", options.bus);
  for (const host of options.allowTarget ?? []) words.push("--allow-target", host);
  const { onWorkerLoss, onBusLoss } = options;
  if (onWorkerLoss !== DEFAULT_POLICIES.onWorkerLoss) words.push("--on-worker-loss", onWorkerLoss);
  if (onBusLoss !== DEFAULT_POLICIES.onBusLoss) words.push("--on-bus-loss", onBusLoss);
  const mask = createMask(secrets);
  return words.map((word) => mask(word));
}
