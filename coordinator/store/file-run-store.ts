/**
 * Runs in the file system, a directory each. Used by run/active-run.ts unless it is told otherwise.
 * Invariant: as in run-store.ts.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openJournal } from "./journal.ts";
import { readJournal } from "./journal-reader.ts";
import { directoryError } from "./journal-record.ts";
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
  create: async (directory) => storedRun(await createRunDirectory(directory)),
  reopen: async (directory) => storedRun(await reopenRunDirectory(directory)),
};

function storedRun({ path: directory, release }: RunDirectory): StoredRun {
  return {
    records: () => readJournal(runPath.journal(directory)),
    openJournal: () => openJournal(runPath.journal(directory)),
    writeRunFile: (file) => writeRunFile(directory, file),
    write: (path, content) => writeInto(directory, path, content),
    release,
  };
}

/** Writes a file below a directory, making the folders above it. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function writeInto(
  directory: string,
  path: string,
  content: string | Uint8Array | Iterable<string>,
): Promise<void> {
  const whole = join(directory, path);
  await mkdir(dirname(whole), { recursive: true }).catch((error: unknown) => {
    throw directoryError("cannot make", dirname(whole), error);
  });
  await writeResult(whole, content);
}
