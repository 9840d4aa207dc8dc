/**
 * The stored journals of test/fixtures/judged: short runs of the built program against the bundled target, and a few that
 * were made frame by frame, each with the summary.json it came to. Those of test/fixtures/faults are runs of FaultBench against services with
 * a fault of known cause. Used by the tests of what is judged and reported.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { readJournal } from "../../coordinator/store/journal-reader.ts";
import type { JournalRecord } from "../../coordinator/store/journal-record.ts";

export const STORED = fileURLToPath(new URL("../fixtures/judged/", import.meta.url));
const ENDING = ".journal.gz";

/** Of FaultBench. */
export const FAULTS = fileURLToPath(new URL("../fixtures/faults/", import.meta.url));

export const storedRuns: readonly string[] = runsIn(STORED);

export function runsIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length));
}

/** Run directories that hold nothing but the journal, each made when it is asked for; gone with the scope. */
export function storedDirectories(
  folder: string = STORED,
): Disposable & { readonly of: (run: string) => string } {
  const path = mkdtempSync(join(tmpdir(), "onrush-stored-"));
  return {
    of: (run) => {
      const directory = join(path, run);
      if (existsSync(directory)) return directory;
      mkdirSync(directory);
      const journal = gunzipSync(readFileSync(join(folder, `${run}${ENDING}`)));
      writeFileSync(join(directory, "journal"), journal);
      return directory;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

export async function recordsOf(directory: string): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const record of readJournal(join(directory, "journal"))) records.push(record);
  return records;
}
