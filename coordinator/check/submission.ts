/**
 * What somebody submits, as a valid scenario. Called by service.ts. The text comes from outside: it sees neither this
 * process's environment nor its files, only what was submitted with it, and it writes nowhere but into its run.
 * Invariant: everything that is wrong is said at once, and nothing has begun then.
 */

import { OnrushError } from "../../shared/errors.ts";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { checkTargets } from "../../shared/net/target-policy.ts";
import { destinationsOf } from "../../shared/scenario/destinations.ts";
import type { Issue } from "../../shared/scenario/issue.ts";
import { maskSecrets } from "../../shared/scenario/mask/mask.ts";
import { isOfReport } from "../../shared/scenario/output.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import type { FileOutput, StrictScenario } from "../../shared/scenario/strict.ts";
import { mostHeldUs } from "../../shared/scenario/strict-beside.ts";
import { checkCommands } from "../plan/allowed-commands.ts";
import type { RunPolicies } from "../plan/policies.ts";

/** Scenario, variables and files, as they are sent. */
export const MAX_SUBMISSION_BYTES = 32 * 1024 * 1024;

export interface Submission {
  /** The scenario, YAML or JSON. */
  readonly text: string;
  /** Shown in issues. */
  readonly fileName: string;
  /** For `env.X`. */
  readonly env: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  readonly set: readonly (readonly [path: string, value: string])[];
  /** Files the scenario names, by the path it names them with. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Workers that must be there before the start. */
  readonly workers: number;
  /** A probe run is to follow where it tells causes apart. */
  readonly autoProbe: boolean;
  readonly policies: RunPolicies;
}

export interface ServiceLimits {
  readonly connections: number;
  /** By plan, with all connections open. */
  readonly messagesPerSec: number;
  readonly durationSeconds: number;
  /** Runs that wait or go on. */
  readonly runs: number;
}

export const SERVICE_LIMITS: ServiceLimits = {
  connections: 2_000_000,
  messagesPerSec: 1_000_000,
  durationSeconds: 48 * 3600,
  runs: 100,
};

export type Reading =
  | { readonly ok: true; readonly scenario: StrictScenario; readonly maskedText: string }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** What a submission may ask for. */
export interface Allowed {
  readonly allowTargets: readonly string[];
  /** Whoever submits may have code of their own run by the workers. */
  readonly allowHooks: boolean;
  /** Commands that faults may run on the coordinator's host. */
  readonly allowCommands: readonly string[];
  readonly limits: ServiceLimits;
}

/** @throws OnrushError ONRUSH_TARGET_FORBIDDEN, ONRUSH_HOOKS_FORBIDDEN, ONRUSH_COMMAND_FORBIDDEN, ONRUSH_LIMITS_TOO_LOW,
 *   ONRUSH_SCENARIO_INVALID (no load can be laid out) */
export function readSubmission(
  submission: Submission,
  { allowTargets, allowHooks, allowCommands, limits }: Allowed,
): Reading {
  const { text, fileName, env, vars, set, files } = submission;
  const parsed = parseScenario(text, {
    fileName,
    env,
    overrides: { vars, set: set.map(([path, value]): [string, string] => [path, value]) },
    readFile: (path) => fileOf(files, path),
  });
  if (!parsed.ok) return { ok: false, issues: parsed.issues };
  // A path to write to, a port to listen on, an address to push to would be this host's; what is to be scraped, /metrics has.
  const outputs = parsed.scenario.outputs
    .filter(isOfReport)
    .map(({ kind }): FileOutput => ({ kind, to: null }));
  const scenario = { ...parsed.scenario, outputs };
  checkTargets(destinationsOf(scenario), allowTargets, "coordinator");
  checkCommands(scenario, allowCommands);
  if (scenario.hooks !== null && !allowHooks) throw hooksForbidden();
  checkLimits(scenario, limits);
  return { ok: true, scenario, maskedText: maskSecrets(parsed.source, scenario.secrets) };
}

function hooksForbidden(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_HOOKS_FORBIDDEN",
    message: "The scenario has hooks, and this coordinator takes none.",
    remedy:
      "run it on your machine with `onrush run`; or, if workers may run code of whoever submits scenarios, have both started so: `onrush coordinator --allow-hooks`, `onrush worker --allow-hooks`",
  });
}

function fileOf(files: ReadonlyMap<string, Buffer>, path: string): Buffer {
  const content = files.get(path);
  if (content !== undefined) return content;
  throw Object.assign(new Error(`${path} was not submitted with the scenario`), { code: "ENOENT" });
}

function checkLimits(scenario: StrictScenario, limits: ServiceLimits): void {
  const { connections, profile, peakPlanned } = buildPopulation(scenario);
  const seconds = (profile.durationUs + mostHeldUs(scenario)) / 1_000_000;
  if (connections > limits.connections) {
    throw tooLarge(`${connections} connections`, `${limits.connections}`, "--max-connections");
  }
  const rate = messageRate(scenario, peakPlanned);
  if (rate > limits.messagesPerSec) {
    throw tooLarge(
      `up to ${Math.ceil(rate)} messages a second`,
      `${limits.messagesPerSec}`,
      "--max-message-rate",
    );
  }
  if (seconds > limits.durationSeconds) {
    throw tooLarge(`a duration of ${seconds} s`, `${limits.durationSeconds} s`, "--max-duration");
  }
}

/** Messages a second at the plan's peak. */
function messageRate({ messages, phases }: StrictScenario, peakPlanned: number): number {
  if (messages === null) return 0;
  const { kind, perSec } = messages.rate;
  const factor = phases.reduce((most, { messageFactor }) => Math.max(most, messageFactor), 0);
  return perSec * factor * (kind === "total" ? 1 : peakPlanned);
}

function tooLarge(what: string, limit: string, option: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_LIMITS_TOO_LOW",
    message: `The scenario has ${what}; this coordinator takes ${limit} at most.`,
    remedy: `Lower the load, or start the coordinator with a higher limit: \`onrush coordinator ${option} …\`.`,
  });
}

/** The limit of runs is reached. */
export function tooManyRuns(most: number): OnrushError {
  return new OnrushError({
    code: "ONRUSH_LIMITS_TOO_LOW",
    message: `${most} runs wait or go on already; this coordinator takes no more.`,
    remedy: "Wait for some to end, or stop them.",
  });
}
