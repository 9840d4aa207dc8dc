/**
 * Where the results of a run are, for the end of its text: the report first, then what was asked for. Called by run.ts and
 * report.ts. Invariant: only what is there is named.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isOfReport } from "../../shared/scenario/output.ts";
import type { StrictOutput } from "../../shared/scenario/strict.ts";
import { OUTPUT_FILES } from "../report/outputs.ts";
import type { CliContext } from "./context.ts";
import type { Labelled } from "./result.ts";

export function writtenFiles(
  directory: string,
  outputs: readonly StrictOutput[],
  { stdout }: CliContext,
): Labelled[] {
  const report = join(directory, OUTPUT_FILES.html);
  const paths = outputs
    .filter(isOfReport)
    .map(({ kind, to }) => to ?? join(directory, OUTPUT_FILES[kind]));
  const others = [...new Set(paths)].filter((path) => path !== report && existsSync(path));
  // A terminal opens an address; a log is read beside the files.
  const shown = stdout.isTTY === true ? pathToFileURL(resolve(report)).href : report;
  return [
    ...(existsSync(report) ? [["report", shown] as const] : []),
    ...(others.length > 0 ? [["written", others.join(", ")] as const] : []),
  ];
}
