/**
 * The scenario a command line names, or its problems on stderr. Called by every command that takes a scenario. Invariant:
 * everything that is wrong with a scenario is printed at once.
 */
import { formatIssues } from "../../shared/scenario/issue.ts";
import { MAX_FILE_BYTES } from "../../shared/scenario/limits.ts";
import { isTargetUrl, scenarioOfUrl, type UrlLoad } from "../launch/scenario/bare-url.ts";
import {
  checkScenario,
  type GivenScenario,
  readScenarioFile,
  type ValidScenario,
} from "../launch/scenario/scenario-file.ts";
import {
  readStandardInput,
  STANDARD_INPUT,
  STANDARD_INPUT_NAME,
} from "../launch/scenario/standard-input.ts";
import { countOf } from "../report/text/format.ts";
import type { CliContext } from "./context.ts";
import { overridesOf, type ScenarioOptions } from "./options/scenario-options.ts";

interface ReadOptions extends ScenarioOptions {
  /** With the files that it names, which are to be sent somewhere. */
  readonly withFiles?: boolean;
  /** With how large its load is. */
  readonly withSize?: boolean;
}

/**
 * @param fileName `-` for standard input
 * @returns null when the scenario is invalid; then its problems have been written to stderr
 * @throws OnrushError ONRUSH_SCENARIO_UNREADABLE
 */
export async function readScenario(
  fileName: string,
  options: ReadOptions,
  context: CliContext,
): Promise<ValidScenario | null> {
  if (fileName !== STANDARD_INPUT) return readGiven(readScenarioFile(fileName), options, context);
  const content = await readStandardInput(MAX_FILE_BYTES);
  return readGiven({ fileName: STANDARD_INPUT_NAME, content }, options, context);
}

/** As readScenario; of a bare URL the scenario that it stands for under this load. */
export async function readTarget(
  target: string,
  load: UrlLoad,
  options: ScenarioOptions,
  context: CliContext,
): Promise<ValidScenario | null> {
  if (!isTargetUrl(target)) return readScenario(target, options, context);
  const content = scenarioOfUrl(target, load);
  return readGiven({ fileName: "command-line.yaml", content }, options, context);
}

async function readGiven(
  given: GivenScenario,
  options: ReadOptions,
  { config, stderr, errStyle, checker }: CliContext,
): Promise<ValidScenario | null> {
  const overrides = overridesOf(options);
  const { withFiles = false, withSize = false } = options;
  const asked = { overrides, env: config.env, checker, withFiles, withSize };
  const checked = await checkScenario(given, asked);
  if (checked.ok) return checked;
  const { issues, source } = checked;
  const text = formatIssues(issues, source, { color: errStyle.isColorSupported });
  stderr.write(`${text}\n${countOf(issues.length, "problem")} found\n`);
  return null;
}
