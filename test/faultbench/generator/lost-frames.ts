/**
 * A share of the results of one of two workers never reaches the journal, as where a broker drops them. Listed in registry.ts. They are
 * taken out when the run has ended: the bus of a local run loses nothing. Invariant: last frames stay, so that all workers have finished.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJournal } from "../../../coordinator/store/journal-reader.ts";
import {
  encodeRecord,
  JOURNAL_MAGIC,
  type JournalRecord,
} from "../../../coordinator/store/journal-record.ts";
import { drawUnit, Stream } from "../../../shared/time/random.ts";
import type { GeneratorFault } from "./fault.ts";

export const lostFrames: GeneratorFault<number> = {
  shape: z.number().gt(0).lt(1),
  launch: () => ({ workers: 2 }),
  async finish(share, directory, seed) {
    const file = join(directory, "journal");
    const records: JournalRecord[] = [];
    for await (const record of readJournal(file)) records.push(record);
    const kept = withoutLost(records, share, seed);
    writeFileSync(file, Buffer.concat([JOURNAL_MAGIC, ...kept.map(encodeRecord)]));
  },
};

/** Of the worker whose frame came last: any of its frames but the last one. */
function withoutLost(records: readonly JournalRecord[], share: number, seed: number) {
  const frames = records.flatMap((record) => (record.type === "frame" ? [record] : []));
  const epoch = frames.at(-1)?.epoch ?? 0;
  const last = Math.max(...frames.filter((one) => one.epoch === epoch).map(({ seq }) => seq));
  const isLost = (record: JournalRecord) =>
    record.type === "frame" &&
    record.epoch === epoch &&
    record.seq < last &&
    drawUnit(seed, Stream.network, record.epoch, record.seq) < share;
  return records.filter((record) => !isLost(record));
}
