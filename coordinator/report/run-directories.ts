/**
 * Finds the runs that a path stands for. Called by the comparison and the trend of runs. Invariant: what has a journal is a run, and
 * nothing else is.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { OnrushError } from "../../shared/errors.ts";
import { runPath } from "../store/run-directory.ts";

/**
 * The run directory itself, or those in it, in the order of their names.
 * @throws OnrushError ONRUSH_RUN_DIRECTORY when there is none
 */
export async function runDirectoriesOf(path: string): Promise<readonly string[]> {
  if (existsSync(runPath.journal(path))) return [path];
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const within = entries
    .filter((entry) => entry.isDirectory() && existsSync(runPath.journal(join(path, entry.name))))
    .map((entry) => join(path, entry.name))
    .sort();
  if (within.length > 0) return within;
  throw new OnrushError({
    code: "ONRUSH_RUN_DIRECTORY",
    message: `there is no run in ${path}: neither it nor a directory in it has a journal`,
    remedy: "give the directory of a run, e.g. runs/<id>, or a directory of such directories",
  });
}
