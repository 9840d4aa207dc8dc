/**
 * Runs in the file system, a directory each. Used by active-run/active-run.ts by default.
 * Invariant: as in run-store.ts.
 */
import { dirname, join } from "node:path";
import { OnrushError } from "../../shared/errors.ts";
import { makeFolders } from "./folders.ts";
import { openJournal } from "./journal.ts";
import { readJournal } from "./journal-reader.ts";
import { directoryError } from "./journal-record.ts";
import { holdsLock } from "./lock.ts";
import {
  createRunDirectory,
  type RunDirectory,
  reopenRunDirectory,
  runPath,
  writeResult,
  writeRunFile,
} from "./run-directory.ts";
import type { RunStore, StoredRun } from "./run-store.ts";

export const fileRunStore: RunStore = {
  create: async (directory, lead) => storedRun(await createRunDirectory(directory, lead)),
  reopen: async (directory, lead) => storedRun(await reopenRunDirectory(directory, lead)),
};

function storedRun({ path: directory, release }: RunDirectory): StoredRun {
  const fence = () => checkHeld(directory);
  return {
    records: () => readJournal(runPath.journal(directory)),
    openJournal: () => openJournal(runPath.journal(directory), fence),
    writeRunFile: async (file) => {
      await fence();
      await writeRunFile(directory, file);
    },
    write: async (path, content) => {
      await fence();
      await writeInto(directory, path, content);
    },
    release,
  };
}

/**
 * A run directory is still this process's to write.
 * @throws OnrushError ONRUSH_COORDINATOR_TAKEN when it is not; ONRUSH_RUN_DIRECTORY when it is unknown
 */
export async function checkHeld(directory: string): Promise<void> {
  const held = await holdsLock(directory).catch((error: unknown) => {
    throw directoryError("cannot look at the lock of", directory, error);
  });
  if (held) return;
  throw new OnrushError({
    code: "ONRUSH_COORDINATOR_TAKEN",
    message: `another process has taken over ${directory}; this one writes nothing more into it`,
    remedy: "Nothing is to be done: the other one goes on with the run.",
  });
}

/** Writes a file below a directory, making the folders above it. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function writeInto(
  directory: string,
  path: string,
  content: string | Uint8Array | Iterable<string>,
): Promise<void> {
  const whole = join(directory, path);
  await makeFolders(dirname(whole)).catch((error: unknown) => {
    throw directoryError("cannot make", dirname(whole), error);
  });
  await writeResult(whole, content);
}
