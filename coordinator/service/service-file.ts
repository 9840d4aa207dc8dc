/**
 * What the service knows of a run beside the run itself: under which key it was asked for, and what it was commanded. A
 * file in the run's directory, used by service.ts. Invariant: it is on disk before anybody is answered, so whoever takes
 * the run up again follows the same commands, and a repeated request finds the same run.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { directoryError } from "../store/journal-record.ts";
import { writeResult } from "../store/run-directory.ts";

export interface ServiceFile {
  readonly schema: 1;
  /** SHA-256, hex, of who asked and the key they gave; null without a key. */
  readonly key: string | null;
  /** SHA-256, hex, of what they asked for with it. */
  readonly content: string | null;
  readonly commands: SavedCommands;
}

export interface SavedCommands {
  readonly end: "stop" | "abort" | null;
  /** Workers that may serve it at most; null: as many as there are. */
  readonly most: number | null;
}

export const NO_COMMANDS: SavedCommands = { end: null, most: null };

/** Makes a run's directory, which must not exist yet, with the file in it. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function createWithServiceFile(directory: string, file: ServiceFile): Promise<void> {
  await mkdir(directory).catch((error: unknown) => {
    throw directoryError("cannot make the run directory", directory, error);
  });
  await writeServiceFile(directory, file);
}

/** @throws OnrushError ONRUSH_RUN_DIRECTORY */
export function writeServiceFile(directory: string, file: ServiceFile): Promise<void> {
  return writeResult(pathIn(directory), `${JSON.stringify(file, null, 2)}\n`);
}

/** null when there is none that can be read: the run was not started by a service. */
export async function readServiceFile(directory: string): Promise<ServiceFile | null> {
  try {
    const file = JSON.parse(await readFile(pathIn(directory), "utf8")) as ServiceFile & {
      /** What earlier builds called `commands`. */
      readonly wishes?: SavedCommands;
    };
    if (file.schema !== 1) return null;
    return { ...file, commands: file.commands ?? file.wishes ?? NO_COMMANDS };
  } catch {
    return null;
  }
}

function pathIn(directory: string): string {
  return join(directory, "service.json");
}
