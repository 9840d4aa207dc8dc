/**
 * What the service knows of a run beside the run itself: under which key it was asked for, what it was commanded, and how far
 * its probe run has come. A file in the run's directory, used by service.ts. Invariant: it is on disk before anybody is
 * answered, so whoever takes the run up again follows the same commands, and a repeated request finds the same run.
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
  /** null: no probe run was asked for. */
  readonly probe: SavedProbe | null;
}

/** The probe run that was asked for with a run, as far as it has come. */
export interface SavedProbe {
  /** Its kind, and its id; null: it was not begun. */
  readonly kind: string | null;
  readonly run: string | null;
  /** What it said, or why there is none; null: not over yet. */
  readonly outcome: string | null;
}

export interface SavedCommands {
  readonly end: "stop" | "abort" | null;
  /** Workers that may serve it at most; null: as many as there are. */
  readonly most: number | null;
}

export const NO_COMMANDS: SavedCommands = { end: null, most: null };
/** Asked for, and nothing done yet. */
export const PROBE_WANTED: SavedProbe = { kind: null, run: null, outcome: null };

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
    const commands = file.commands ?? file.wishes ?? NO_COMMANDS;
    // Earlier builds know of no probe runs.
    return { ...file, commands, probe: file.probe ?? null };
  } catch {
    return null;
  }
}

function pathIn(directory: string): string {
  return join(directory, "service.json");
}
