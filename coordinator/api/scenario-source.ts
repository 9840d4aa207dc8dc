/**
 * The scenario that a caller of the API gives, as a path, a URL or an object, read and checked as the commands do. Called by
 * the functions of the API. Invariant: a scenario with problems is an error that holds all of them; the process that checked
 * it has ended.
 */
import { resolve } from "node:path";
import { OnrushError } from "../../shared/errors.ts";
import type { Issue } from "../../shared/scenario/issue.ts";
import type { Overrides } from "../../shared/scenario/read/overrides.ts";
import type { ScenarioInput } from "../../shared/scenario/schema.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { COMMAND_CHECK, checkLimits } from "../check/check-limits.ts";
import { Checker } from "../check/checker.ts";
import { isTargetUrl, scenarioOfUrl, type UrlLoad } from "../launch/scenario/bare-url.ts";
import {
  type CheckedScenario,
  checkScenario,
  type GivenScenario,
  readScenarioFile,
  type ValidScenario,
} from "../launch/scenario/scenario-file.ts";

/**
 * The path of a scenario file (YAML or JSON), a URL (`ws://…`, `wss://…`: echoes, see `ScenarioOptions.load`), or a scenario
 * as an object.
 */
export type ScenarioSource = string | ScenarioInput;

/** What may be said beside the scenario itself. */
export interface ScenarioOptions {
  /** Variables of the scenario, as `-e NAME=VALUE`. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Values to replace, by path, as `--set PATH=VALUE`: `{ "load.0.to": 500 }`. */
  readonly set?: Readonly<Record<string, string | number | boolean>>;
  /** As `--seed`. */
  readonly seed?: number;
  /** As `--driver`. */
  readonly driver?: "lean" | "ws";
  /**
   * Environment variables, for `env.X` in scenarios and for worker processes. Default: none; `env: process.env` hands on this
   * process's own.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Files that a scenario object names are relative to it. Default: the working directory. */
  readonly folder?: string;
  /** The load on a URL. */
  readonly load?: UrlLoad;
}

/** A scenario that has problems: `issues` are all of them, each with its place and a hint. */
export class ScenarioError extends OnrushError {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super({
      code: "ONRUSH_SCENARIO_INVALID",
      message: `the scenario is not valid: ${issues.map(issueText).join("; ")}`,
      remedy: "docs/scenario.md has every key",
    });
    this.issues = issues;
  }
}

/** @throws ScenarioError; OnrushError ONRUSH_SCENARIO_UNREADABLE, ONRUSH_USAGE */
export async function validScenario(
  source: ScenarioSource,
  options: ScenarioOptions,
  more: { readonly withSize?: true } = {},
): Promise<ValidScenario & { readonly fileName: string }> {
  const given = givenScenario(source, options);
  const checked = await check(given, { ...options, ...more });
  if (!checked.ok) throw new ScenarioError(checked.issues);
  return { ...checked, fileName: given.fileName };
}

/** As the environment of a process: without what is undefined. */
export function environmentOf({ env = {} }: ScenarioOptions): Record<string, string> {
  const entries = Object.entries(env).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Record<string, string>;
}

async function check(
  given: GivenScenario,
  options: ScenarioOptions & { readonly withSize?: true },
): Promise<CheckedScenario> {
  const env = environmentOf(options);
  const checker = new Checker(checkLimits(COMMAND_CHECK, env), systemTimers);
  try {
    const { withSize = false } = options;
    return await checkScenario(given, { overrides: overridesOf(options), env, checker, withSize });
  } finally {
    await checker.close();
  }
}

function givenScenario(source: ScenarioSource, { folder, load }: ScenarioOptions): GivenScenario {
  if (typeof source === "string" && isTargetUrl(source)) {
    return { fileName: "url.yaml", content: scenarioOfUrl(source, load ?? {}) };
  }
  if (load !== undefined) {
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: "options.load goes with a URL, and another scenario was given",
      remedy: 'change the scenario, or one value of it: set: { "load.0.to": 500 }',
    });
  }
  if (typeof source === "string") return readScenarioFile(source);
  const content = `${JSON.stringify(source, null, 2)}\n`;
  return { fileName: "scenario.json", content, folder: resolve(folder ?? ".") };
}

function overridesOf({ vars = {}, set = {}, seed, driver }: ScenarioOptions): Overrides {
  const values = Object.entries(set).map(
    ([path, value]): [path: string, value: string, option: string] => [
      path,
      String(value),
      `set["${path}"]`,
    ],
  );
  if (seed !== undefined) values.push(["seed", String(seed), "seed"]);
  if (driver !== undefined) values.push(["connect.driver", driver, "driver"]);
  return { vars, set: values };
}

function issueText({ file, line, column, what, hint }: Issue): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place} ${what}${hint === "" ? "" : ` (${hint})`}`;
}
