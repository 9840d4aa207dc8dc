/**
 * From a scenario file, or a scenario at hand, to what parsing makes of it. Called by every command that takes a scenario,
 * and by the API. Invariant: everything that is wrong with a scenario's content is in the answer at once; only a file that
 * cannot be read at all is an error. Nothing is read without a bound, and checking it has limits (coordinator/check).
 */
import { dirname, resolve } from "node:path";
import { OnrushError } from "../../../shared/errors.ts";
import { MAX_FILE_BYTES } from "../../../shared/scenario/limits.ts";
import type { ParseResult } from "../../../shared/scenario/parse.ts";
import type { Overrides } from "../../../shared/scenario/read/overrides.ts";
import { readBounded } from "../../check/bounded-file.ts";
import type { Checker } from "../../check/checker.ts";
import type { LoadSize } from "../../plan/load-size.ts";
import { isTargetUrl } from "./bare-url.ts";

export interface GivenScenario {
  /** Shown with problems. */
  readonly fileName: string;
  readonly content: string | Uint8Array;
  /** Files the scenario names are relative to it. Default: the folder of fileName. */
  readonly folder?: string;
}

export type ValidScenario = Extract<ParseResult, { ok: true }> & {
  /** Files the scenario names, by the path it names them with; empty unless they were asked for. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** null unless it was asked for. */
  readonly size: LoadSize | null;
};

export type CheckedScenario = ValidScenario | Extract<ParseResult, { ok: false }>;

export interface CheckContext {
  readonly overrides: Overrides;
  readonly env: Readonly<Record<string, string>>;
  readonly checker: Checker;
  /** The files that the scenario names are wanted, too: they are to be sent somewhere. */
  readonly withFiles?: boolean;
  /** So is how large its load is. */
  readonly withSize?: boolean;
}

/** @throws OnrushError ONRUSH_SCENARIO_UNREADABLE */
export function readScenarioFile(fileName: string): GivenScenario {
  try {
    return { fileName, content: readBounded(fileName, MAX_FILE_BYTES) };
  } catch (error) {
    throw new OnrushError({
      code: "ONRUSH_SCENARIO_UNREADABLE",
      message: `cannot read the scenario ${fileName}`,
      remedy: remedyFor(fileName),
      cause: error,
    });
  }
}

/** @throws OnrushError; ONRUSH_SCENARIO_INVALID where the size is asked for of a load that is none */
export async function checkScenario(
  { fileName, content, folder = dirname(resolve(fileName)) }: GivenScenario,
  { overrides, env, checker, withFiles = false, withSize = false }: CheckContext,
): Promise<CheckedScenario> {
  const { parsed, ...more } = await checker.check("file", {
    fileName,
    content: typeof content === "string" ? Buffer.from(content) : content,
    folder,
    env,
    overrides,
    withFiles,
    withSize,
  });
  return parsed.ok ? { ...parsed, ...more } : parsed;
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
