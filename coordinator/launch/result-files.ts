/**
 * Where the results of a run are: the report, then what else was asked for. Called by the command line and the API.
 * Invariant: only what is there is named.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isOfReport } from "../../shared/scenario/output.ts";
import type { StrictOutput } from "../../shared/scenario/strict.ts";
import { OUTPUT_FILES } from "../report/outputs.ts";

export interface ResultFiles {
  /** report.html; null when there is none. */
  readonly report: string | null;
  readonly others: readonly string[];
}

export function resultFiles(directory: string, outputs: readonly StrictOutput[]): ResultFiles {
  const report = join(directory, OUTPUT_FILES.html);
  const paths = outputs
    .filter(isOfReport)
    .map(({ kind, to }) => to ?? join(directory, OUTPUT_FILES[kind]));
  const others = [...new Set(paths)].filter((path) => path !== report && existsSync(path));
  return { report: existsSync(report) ? report : null, others };
}
