/**
 * A run's directory: made once per run by run.ts, opened for reading by the report. Holds run.json,
 * scenario.yaml (secrets masked by the caller), the journal and, later, the results.
 * Invariant: a directory holds at most one run; a second one is refused before anything is touched.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { OnrushError } from "../../shared/errors.ts";
import type { RunState } from "../../shared/wire/command.ts";
import { TEMPORARY, writeFileAtomic } from "./atomic-file.ts";
import { makeFolders } from "./folders.ts";
import { moveJournal } from "./journal.ts";
import { directoryError } from "./journal-record.ts";
import { type LeadIntent, type LockHolder, takeLock } from "./lock.ts";

/** Content of run.json. Times are ISO 8601 or null while they lie ahead. */
export interface RunFile {
  readonly schema: 1;
  readonly id: string;
  readonly name: string;
  readonly state: RunState;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly planHash: string;
  /** Workers it waits for before it starts. */
  readonly workers: number;
  readonly connections: number;
  readonly shards: number;
  readonly durationSeconds: number;
  readonly versions: { readonly onrush: string; readonly node: string; readonly wire: number };
}

export interface RunDirectory {
  readonly path: string;
  /** Gives the lock back. Idempotent. */
  release(): Promise<void>;
}

/** Where things lie in a run directory. */
export const runPath = {
  runFile: (directory: string) => join(directory, "run.json"),
  scenario: (directory: string) => join(directory, "scenario.yaml"),
  journal: (directory: string) => join(directory, "journal"),
  summary: (directory: string) => join(directory, "summary.json"),
  timeline: (directory: string) => join(directory, "timeline.csv"),
  histograms: (directory: string) => join(directory, "histograms"),
  report: (directory: string) => join(directory, "report.html"),
  markdown: (directory: string) => join(directory, "report.md"),
  results: (directory: string) => join(directory, "results.csv"),
  junit: (directory: string) => join(directory, "junit.xml"),
  pdf: (directory: string) => join(directory, "report.pdf"),
} as const;

/**
 * Makes the directory (and those above it) and takes its lock.
 * @throws OnrushError ONRUSH_RUN_DIRECTORY when it cannot be made, holds a run, or is being written
 */
export async function createRunDirectory(path: string, lead?: LeadIntent): Promise<RunDirectory> {
  try {
    await makeFolders(path);
    const names = await readdir(path);
    if (names.includes("run.json") || names.includes("journal")) {
      throw refused(`${path} already holds a run.`);
    }
    const lock = await takeLock(path, lead);
    if (typeof lock !== "function") throw inUse(path, lock);
    return { path, release: lock };
  } catch (error) {
    if (error instanceof OnrushError) throw error;
    throw directoryError("cannot make the run directory", path, error);
  }
}

/**
 * Takes up a directory that holds a run. From a leader that may still live the journal is moved away: whatever it writes
 * late lands in a file that lies nowhere any more.
 * @param lead takes over from leaders before it (lock.ts)
 * @throws OnrushError ONRUSH_RUN_DIRECTORY when it holds none, or is being written
 */
export async function reopenRunDirectory(path: string, lead?: LeadIntent): Promise<RunDirectory> {
  try {
    const names = await readdir(path);
    if (!names.includes("journal")) throw refused(`${path} holds no run.`);
    let contested = false;
    const lock = await takeLock(path, lead, () => {
      contested = true;
    });
    if (typeof lock !== "function") throw inUse(path, lock);
    if (contested) await moveJournal(runPath.journal(path));
    await removeLeftovers(path);
    return { path, release: lock };
  } catch (error) {
    if (error instanceof OnrushError) throw error;
    throw directoryError("cannot open the run directory", path, error);
  }
}

/** Replaces run.json. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function writeRunFile(directory: string, file: RunFile): Promise<void> {
  await writeResult(runPath.runFile(directory), `${JSON.stringify(file, null, 2)}\n`);
}

/** Writes one file of the run whole. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function writeResult(
  path: string,
  content: string | Uint8Array | Iterable<string>,
): Promise<void> {
  try {
    await writeFileAtomic(path, content);
  } catch (error) {
    throw directoryError("cannot write", path, error);
  }
}

/** Temporary files (atomic-file.ts) of a writer that was killed; nobody else may be writing here. */
export async function removeLeftovers(path: string): Promise<void> {
  for (const folder of [path, runPath.histograms(path)]) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (TEMPORARY.test(name)) await rm(join(folder, name), { force: true });
    }
  }
}

function inUse(path: string, { pid, host }: LockHolder): OnrushError {
  return refused(`${path} is in use by process ${pid} on ${host}.`);
}

function refused(message: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_RUN_DIRECTORY",
    message,
    remedy: "Choose another directory: `onrush run --run-dir DIR`.",
  });
}
