/**
 * Writes a run's results into its directory: summary.json, timeline.csv, histograms/*.hlog. Called when a run
 * is over and by `onrush report`. Invariant: each file is whole, all come from one fold, and summary.json is
 * written last: where it lies, the others do.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { StrictOutput } from "../../shared/scenario/strict.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { directoryError } from "../store/journal-record.ts";
import { runPath, writeResult } from "../store/run-directory.ts";
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

/** @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function writeResults(
  directory: string,
  fold: RunFold,
  summary: Summary,
): Promise<void> {
  await writeResult(runPath.timeline(directory), timelineCsv(fold));
  const histograms = runPath.histograms(directory);
  await mkdir(histograms, { recursive: true }).catch((error: unknown) => {
    throw directoryError("cannot make", histograms, error);
  });
  for (const metric of loggedMetrics(fold)) {
    await writeResult(join(histograms, `${metric}.hlog`), histogramLog(fold, metric));
  }
  await writeResult(runPath.summary(directory), summaryText(summary));
}
