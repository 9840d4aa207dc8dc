/**
 * Writes a run's results: into its directory timeline.csv, histograms/*.hlog, report.html and summary.json, and
 * wherever the scenario or a person wants others. Called when a run is over and by `onrush report`. Invariant: each
 * file is whole, all come from one fold, and summary.json is written last of the directory's own: where it lies, the
 * others do.
 */
import { basename, dirname } from "node:path";
import { isOfReport } from "../../shared/scenario/output.ts";
import type { FileOutput, StrictOutput } from "../../shared/scenario/strict.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { writeInto } from "../store/file-run-store.ts";
import type { StoredRun } from "../store/run-store.ts";
import { histogramLog, loggedMetrics } from "./formats/hlog.ts";
import { timelineCsv } from "./formats/timeline-csv.ts";
import type { ReportModel } from "./model/model.ts";
import { OUTPUT_FILES, render, renderText } from "./outputs.ts";

type Write = StoredRun["write"];

/** Written for every run, asked for or not. */
const ALWAYS: ReadonlySet<string> = new Set(["html", "json"]);

/** Into a run's directory. */
export function intoDirectory(directory: string): Write {
  return (path, content) => writeInto(directory, path, content);
}

/** @param write takes the path within the run's directory. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function writeResults(write: Write, fold: RunFold, model: ReportModel): Promise<void> {
  await write("timeline.csv", timelineCsv(fold));
  for (const metric of loggedMetrics(fold)) {
    await write(`histograms/${metric}.hlog`, histogramLog(fold, metric));
  }
  await write(OUTPUT_FILES.html, renderText("html", model));
  await write(OUTPUT_FILES.json, renderText("json", model));
}

/**
 * The results asked for: those with a path of their own go there, the others into the run's directory.
 * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_PDF_UNAVAILABLE
 */
export async function writeOutputs(
  write: Write,
  outputs: readonly StrictOutput[],
  model: ReportModel,
): Promise<void> {
  for (const { kind, to } of distinct(outputs)) {
    if (to === null && ALWAYS.has(kind)) continue;
    const content = await render(kind, model);
    if (to === null) await write(OUTPUT_FILES[kind], content);
    else await writeInto(dirname(to), basename(to), content);
  }
}

/** Asked for by the scenario and again by a person: once is enough. */
function distinct(outputs: readonly StrictOutput[]): FileOutput[] {
  const files = outputs.filter(isOfReport);
  return [...new Map(files.map((output) => [`${output.kind}=${output.to}`, output])).values()];
}
