/**
 * From a scenario file and the options that change it to a StrictScenario. Called by every command that takes
 * a scenario. Invariant: everything that is wrong with the file's content is said at once; only a file that
 * cannot be read at all is an error. Nothing is read without a bound, and checking it has limits (coordinator/check).
 */
import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { OnrushError } from "../../shared/errors.ts";
import { formatIssues } from "../../shared/scenario/issue.ts";
import type { ParseResult } from "../../shared/scenario/parse.ts";
import { MAX_FILE_BYTES } from "../../shared/scenario/read/document.ts";
import { readBounded } from "../check/bounded-file.ts";
import { countOf } from "../report/format.ts";
import { isTargetUrl } from "./bare-url.ts";
import type { CliContext } from "./context.ts";
import { collectOverride, collectVariable, type Override, parseSeed } from "./options.ts";
import { readStandardInput, STANDARD_INPUT, STANDARD_INPUT_NAME } from "./standard-input.ts";

/** Options of every command that takes a scenario. */
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

export type ValidScenario = Extract<ParseResult, { ok: true }> & {
  /** Files the scenario names, by the path it names them with. */
  readonly files: ReadonlyMap<string, Uint8Array>;
};

/**
 * @param fileName `-` for standard input
 * @returns null when the scenario is invalid; then its problems have been written to stderr
 * @throws OnrushError ONRUSH_SCENARIO_UNREADABLE
 */
export async function readScenario(
  fileName: string,
  options: ScenarioOptions,
  context: CliContext,
): Promise<ValidScenario | null> {
  const isPiped = fileName === STANDARD_INPUT;
  const content = isPiped ? await readStandardInput(MAX_FILE_BYTES) : readFile(fileName);
  const given = { fileName: isPiped ? STANDARD_INPUT_NAME : fileName, content };
  return checkScenario(given, options, context);
}

interface GivenScenario {
  /** Shown with problems; files the scenario names are beside it. */
  readonly fileName: string;
  readonly content: string | Uint8Array;
}

/** As readScenario, for a scenario that is at hand. */
export async function checkScenario(
  { fileName, content }: GivenScenario,
  options: ScenarioOptions,
  { config, stderr, errStyle, checker }: CliContext,
): Promise<ValidScenario | null> {
  const { parsed, files } = await checker.check("file", {
    fileName,
    content: typeof content === "string" ? Buffer.from(content) : content,
    folder: dirname(resolve(fileName)),
    env: config.env,
    overrides: { vars: options.env ?? {}, set: overridesOf(options) },
  });
  if (parsed.ok) return { ...parsed, files };
  const { issues, source } = parsed;
  const text = formatIssues(issues, source, { color: errStyle.isColorSupported });
  stderr.write(`${text}\n${countOf(issues.length, "problem")} found\n`);
  return null;
}

export function overridesOf(
  options: ScenarioOptions,
): [path: string, value: string, option?: string][] {
  const { seed, driver } = options;
  const set = (options.set ?? []).map(({ path, value }): [string, string, string?] => [
    path,
    value,
  ]);
  if (seed !== undefined) set.push(["seed", String(seed), "--seed"]);
  if (driver !== undefined) set.push(["connect.driver", driver, "--driver"]);
  return set;
}

/** Somebody who gave an address meant a URL. */
function remedyFor(fileName: string): string {
  if (isTargetUrl(fileName)) return `only run takes a URL: onrush run ${fileName} --dry-run`;
  const [, secure, rest] = /^http(s?):\/\/(.+)$/i.exec(fileName) ?? [];
  if (rest !== undefined) return `did you mean onrush run ws${secure}://${rest}?`;
  const isAddress = /^(\[[\da-f:.]+\]|[\w.-]+):\d{1,5}([/?].*)?$/i.test(fileName);
  if (isAddress) return `did you mean onrush run ws://${fileName}?`;
  return "give the path of a scenario file (YAML or JSON), or - for standard input; onrush init writes one";
}

function readFile(fileName: string): Buffer {
  try {
    return readBounded(fileName, MAX_FILE_BYTES);
  } catch (error) {
    throw new OnrushError({
      code: "ONRUSH_SCENARIO_UNREADABLE",
      message: `cannot read the scenario ${fileName}`,
      remedy: remedyFor(fileName),
      cause: error,
    });
  }
}
