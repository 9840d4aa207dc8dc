/**
 * The command that runs a run again, for its report. Called by `run`. Invariant: what the scenario declares secret is not in
 * it, nor what commonly is (variables with such names, headers, TLS, passwords of a bus): it is `***`.
 */
import { createMask, MASK } from "../../shared/scenario/mask/mask.ts";
import { DEFAULT_POLICIES, type RunPolicies } from "../plan/policies.ts";
import { type BareUrlOptions, bareUrlWords } from "./options/bare-url-options.ts";
import type { ScenarioOptions } from "./options/scenario-options.ts";

/** Parts of a scenario whose values are figures and names, not credentials. */
const HARMLESS = /^(?:load|messages\.(?:rate|arrival|inFlight)|integrity|thresholds|seed|name)\b/;

export interface RerunOptions extends ScenarioOptions, BareUrlOptions {
  readonly workers: number | "auto";
  readonly bus?: string;
  readonly onWorkerLoss: RunPolicies["onWorkerLoss"];
  readonly onBusLoss: RunPolicies["onBusLoss"];
  readonly allowTarget?: readonly string[];
  readonly allowCommand?: readonly string[];
}

/** Names under which credentials travel, whether the scenario calls them secret or not. */
const CREDENTIAL =
  /token|key|secret|passw|pwd|auth|cred|sess|cookie|sign|bearer|jwt|cert|pin$|pass$/i;

/** What was given for a var, unless it may be a credential. */
function shown(name: string, value: string): string {
  return CREDENTIAL.test(name) ? MASK : value;
}

/** Words of a command line, to be quoted by whoever shows them. */
export function rerunCommand(
  file: string,
  options: RerunOptions,
  secrets: readonly string[],
): string[] {
  const words = ["onrush", "run", file, ...bareUrlWords(options)];
  for (const [name, value] of Object.entries(options.env ?? {})) {
    words.push("-e", `${name}=${shown(name, value)}`);
  }
  for (const { path, value } of options.set ?? []) {
    const name = /^vars\.(\w+)$/.exec(path)?.[1];
    const given = name === undefined ? MASK : shown(name, value);
    words.push("--set", `${path}=${HARMLESS.test(path) ? value : given}`);
  }
  if (options.seed !== undefined) words.push("--seed", String(options.seed));
  if (options.driver !== undefined) words.push("--driver", options.driver);
  if (options.workers !== "auto") words.push("--workers", String(options.workers));
  if (options.bus !== undefined) words.push("--bus", options.bus);
  for (const host of options.allowTarget ?? []) words.push("--allow-target", host);
  for (const path of options.allowCommand ?? []) words.push("--allow-command", path);
  const { onWorkerLoss, onBusLoss } = options;
  if (onWorkerLoss !== DEFAULT_POLICIES.onWorkerLoss) words.push("--on-worker-loss", onWorkerLoss);
  if (onBusLoss !== DEFAULT_POLICIES.onBusLoss) words.push("--on-bus-loss", onBusLoss);
  const mask = createMask(secrets);
  return words.map((word) => mask(word));
}
