/**
 * Where runs are kept: the door between a run and its directory, so that a simulation can keep it elsewhere. Used by
 * active-run/active-run.ts; made of files (file-run-store.ts); in tests, in memory.
 * Invariant: what the journal's sync() and write() returned for survives a crash; one writer at a time; one that
 * was taken over from is refused with ONRUSH_COORDINATOR_TAKEN, whatever it wants to write.
 */
import type { Journal } from "./journal.ts";
import type { JournalRecord } from "./journal-record.ts";
import type { LeadIntent } from "./lock.ts";
import type { RunFile } from "./run-directory.ts";

export interface RunStore {
  /** Makes the place of a new run. @throws OnrushError ONRUSH_RUN_DIRECTORY when it cannot be made or holds a run */
  create(directory: string, lead?: LeadIntent): Promise<StoredRun>;
  /** Takes up a run. @throws OnrushError ONRUSH_RUN_DIRECTORY when there is none, or somebody else writes it */
  reopen(directory: string, lead?: LeadIntent): Promise<StoredRun>;
}

export interface StoredRun {
  /** All whole records so far; to be read to the end before openJournal(). */
  records(): AsyncIterable<JournalRecord>;
  /** For appending; a torn tail is cut. @returns with the number of bytes cut */
  openJournal(): Promise<{ readonly journal: Journal; readonly cutBytes: number }>;
  writeRunFile(file: RunFile): Promise<void>;
  /** Replaces one file; the path is relative to the run's directory. @throws OnrushError ONRUSH_RUN_DIRECTORY */
  write(path: string, content: string | Uint8Array | Iterable<string>): Promise<void>;
  /** Lets others write. Idempotent. */
  release(): Promise<void>;
}
