/**
 * Options of every command that takes a scenario. Called by the command files. Invariant: what they change is a list of
 * overrides, each under the name of its option, so that a problem is reported under that name.
 */
import { type Command, Option } from "commander";
import type { Overrides } from "../../../shared/scenario/read/overrides.ts";
import { collectOverride, collectVariable, type Override, parseSeed } from "./values.ts";

export interface ScenarioOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly set?: readonly Override[];
  readonly seed?: number;
  readonly driver?: "lean" | "ws";
}

export function addScenarioOptions(command: Command): Command {
  return command
    .option(
      "-e, --env <NAME=VALUE>",
      "set a variable of the scenario (repeatable)",
      collectVariable,
    )
    .option(
      "--set <PATH=VALUE>",
      "replace a value, e.g. load.2.to=5000 (repeatable)",
      collectOverride,
    )
    .option("--seed <N>", "seed of every random choice", parseSeed)
    .addOption(new Option("--driver <NAME>", "socket driver").choices(["lean", "ws"]));
}

export function overridesOf({ env = {}, set = [], seed, driver }: ScenarioOptions): Overrides {
  const values: [path: string, value: string, option?: string][] = set.map(({ path, value }) => [
    path,
    value,
  ]);
  if (seed !== undefined) values.push(["seed", String(seed), "--seed"]);
  if (driver !== undefined) values.push(["connect.driver", driver, "--driver"]);
  return { vars: env, set: values };
}
