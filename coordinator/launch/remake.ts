/**
 * Makes the results of a run again from its directory, also when its process was killed. Called by `onrush report` and the
 * API. Invariant: everything comes from the journal alone; the own files of a run that another process is still writing are
 * left as they are.
 */
import { existsSync } from "node:fs";
import { OnrushError } from "../../shared/errors.ts";
import { chartFiles } from "../report/png/png.ts";
import { type RebuiltRun, rebuildRun } from "../report/rebuild.ts";
import { intoDirectory, writeOutputs, writeResults } from "../report/results.ts";
import { writeInto } from "../store/file-run-store.ts";
import { lockHolder } from "../store/lock.ts";
import { removeLeftovers, runPath } from "../store/run-directory.ts";
import { checkOutputs, type ReportOutput } from "./outputs.ts";
import { chartsFolder } from "./result-files.ts";

export interface Remade {
  readonly rebuilt: RebuiltRun;
  /** What could not be written, and why; null: everything was. */
  readonly refusal: OnrushError | null;
}

/** @throws OnrushError ONRUSH_RUN_DIRECTORY when there is no run, ONRUSH_JOURNAL_CORRUPT, ONRUSH_USAGE */
export async function remakeResults(
  directory: string,
  outputs: readonly ReportOutput[],
): Promise<Remade> {
  checkOutputs(outputs);
  const rebuilt = await readRun(directory);
  try {
    await writeAll(directory, outputs, rebuilt);
    return { rebuilt, refusal: null };
  } catch (error) {
    if (!(error instanceof OnrushError)) throw error;
    return { rebuilt, refusal: error };
  }
}

/** Writes nothing. @throws OnrushError ONRUSH_RUN_DIRECTORY when there is no run, ONRUSH_JOURNAL_CORRUPT */
export async function readRun(directory: string): Promise<RebuiltRun> {
  if (existsSync(runPath.journal(directory))) return rebuildRun(directory);
  throw new OnrushError({
    code: "ONRUSH_RUN_DIRECTORY",
    message: `there is no run in ${directory}: it has no journal`,
    remedy: "give the directory of a run, e.g. runs/<id>",
  });
}

/** @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_PDF_UNAVAILABLE, ONRUSH_PNG_UNAVAILABLE */
async function writeAll(
  directory: string,
  outputs: readonly ReportOutput[],
  { fold, model }: Pick<RebuiltRun, "fold" | "model">,
): Promise<void> {
  const held = (await lockHolder(directory)) !== null;
  const write = intoDirectory(directory);
  if (!held) {
    await removeLeftovers(directory);
    await writeResults(write, fold, model);
  }
  await writeOutputs(
    write,
    outputs.filter((output) => output.kind !== "png"),
    model,
  );
  for (const output of outputs) {
    if (output.kind !== "png") continue;
    const folder = chartsFolder(directory, output);
    for await (const { name, png } of chartFiles(model)) await writeInto(folder, name, png);
  }
}
