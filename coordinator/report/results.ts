/**
 * Writes a run's results into its directory: summary.json, timeline.csv, histograms/*.hlog. Called when a run
 * is over and by `onrush report`. Invariant: each file is whole, all come from one fold, and summary.json is
 * written last: where it lies, the others do.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { StrictOutput } from "../../shared/scenario/strict.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { writeInto } from "../store/file-run-store.ts";
import { directoryError } from "../store/journal-record.ts";
import { writeResult } from "../store/run-directory.ts";
import type { StoredRun } from "../store/run-store.ts";
import { histogramLog, loggedMetrics } from "./hlog.ts";
import type { Summary } from "./summary-schema.ts";
import { timelineCsv } from "./timeline-csv.ts";

/** Writes the scenario's outputs that have a path of their own. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function writeOutputs(
  outputs: readonly StrictOutput[],
  summary: Summary,
): Promise<void> {
  for (const { to } of outputs) {
    if (to === null) continue;
    await mkdir(dirname(to), { recursive: true }).catch((error: unknown) => {
      throw directoryError("cannot make", dirname(to), error);
    });
    await writeResult(to, summaryText(summary));
  }
}

function summaryText(summary: Summary): string {
  return `${JSON.stringify(summary, null, 2)}\n`;
}

/** Into a run's directory. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export function writeResults(directory: string, fold: RunFold, summary: Summary): Promise<void> {
  return writeResultsWith((path, content) => writeInto(directory, path, content), fold, summary);
}

/** @param write takes the path within the run's directory */
export async function writeResultsWith(
  write: StoredRun["write"],
  fold: RunFold,
  summary: Summary,
): Promise<void> {
  await write("timeline.csv", timelineCsv(fold));
  for (const metric of loggedMetrics(fold)) {
    await write(`histograms/${metric}.hlog`, histogramLog(fold, metric));
  }
  await write("summary.json", summaryText(summary));
}
