/**
 * Where the results of a run are, for the end of its text: the report first, then what was asked for. Called by the commands
 * that show a result. Invariant: only what is there is named.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { StrictOutput } from "../../shared/scenario/strict.ts";
import type { ChartsOutput } from "../launch/outputs.ts";
import { resultFiles } from "../launch/result-files.ts";
import type { CliContext } from "./context.ts";
import type { Labelled } from "./result.ts";

export function writtenFiles(
  directory: string,
  outputs: readonly (StrictOutput | ChartsOutput)[],
  { stdout }: CliContext,
): Labelled[] {
  const { report, others } = resultFiles(directory, outputs);
  // A terminal opens an address; a log is read beside the files.
  const shown = (path: string) =>
    stdout.isTTY === true ? pathToFileURL(resolve(path)).href : path;
  return [
    ...(report === null ? [] : [["report", shown(report)] as const]),
    ...(others.length > 0 ? [["written", others.join(", ")] as const] : []),
  ];
}
