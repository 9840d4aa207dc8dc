/**
 * Where the results of a run are: the report, then what else was asked for. Called by the command line and the API.
 * Invariant: only what is there is named.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { isOfReport } from "../../shared/scenario/output.ts";
import type { StrictOutput } from "../../shared/scenario/strict.ts";
import { OUTPUT_FILES } from "../report/outputs.ts";
import type { ChartsOutput } from "./outputs.ts";

export interface ResultFiles {
  /** report.html; null when there is none. */
  readonly report: string | null;
  readonly others: readonly string[];
}

export function resultFiles(
  directory: string,
  outputs: readonly (StrictOutput | ChartsOutput)[],
): ResultFiles {
  const report = join(directory, OUTPUT_FILES.html);
  const paths = outputs.flatMap((output) => {
    if (output.kind === "png") {
      const folder = chartsFolder(directory, output);
      return existsSync(folder) ? [folder] : [];
    }
    if (!isOfReport(output)) return [];
    const path = output.to ?? join(directory, OUTPUT_FILES[output.kind]);
    return statSync(path, { throwIfNoEntry: false })?.isFile() ? [path] : [];
  });
  const others = [...new Set(paths)].filter((path) => path !== report);
  return { report: existsSync(report) ? report : null, others };
}

export function chartsFolder(directory: string, { to }: ChartsOutput): string {
  return to ?? join(directory, "charts");
}
