/**
 * Goal: what sync() returned for is read back as it was written; a journal cut at any byte is read up to its last
 * whole record, and can be appended to from there.
 */
import {
  appendFile,
  type FileHandle,
  mkdtemp,
  open,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RunEvent } from "../../../coordinator/store/event.ts";
import { openJournal } from "../../../coordinator/store/journal.ts";
import { type JournalTail, readJournal } from "../../../coordinator/store/journal-reader.ts";
import {
  encodeRecord,
  JOURNAL_MAGIC,
  type JournalRecord,
} from "../../../coordinator/store/journal-record.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "onrush-journal-"));
  path = join(directory, "journal");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const note: RunEvent = { type: "note", message: "späße \u0000", wallMs: 1, elapsedUs: null };
const records: JournalRecord[] = [
  { type: "header", header: { run: "r", list: [1, 2] } },
  { type: "event", event: note },
  { type: "frame", epoch: 2 ** 40, seq: 0, body: Buffer.from([1, 2, 3, 255]), late: false },
  {
    type: "event",
    event: { type: "state", from: "created", to: "offered", wallMs: 2, elapsedUs: -5 },
  },
  { type: "frame", epoch: 1, seq: 7, body: Buffer.alloc(0), late: true },
];

async function read(): Promise<{ records: JournalRecord[]; tail: JournalTail }> {
  const found: JournalRecord[] = [];
  const reading = readJournal(path);
  for (;;) {
    const step = await reading.next();
    if (step.done) return { records: found, tail: step.value };
    found.push(step.value);
  }
}

async function write(list: readonly JournalRecord[]): Promise<void> {
  const { journal } = await openJournal(path);
  for (const record of list) journal.append(record);
  await journal.close();
}

test("records are read back in order and as they were", async () => {
  await write(records.slice(0, 2));
  await write(records.slice(2));
  expect(await read()).toEqual({
    records,
    tail: { endByte: (await readFile(path)).length, tornBytes: 0 },
  });
});

test("torn at every byte: all whole records are there, the rest is said", async () => {
  await write(records);
  const whole = await readFile(path);
  const ends = [JOURNAL_MAGIC.length];
  for (const record of records) ends.push((ends.at(-1) ?? 0) + encodeRecord(record).length);
  for (let length = 0; length <= whole.length; length++) {
    await writeFile(path, whole.subarray(0, length));
    const { records: found, tail } = await read();
    const kept = ends.filter((end) => end <= length).length - 1;
    expect(found).toEqual(records.slice(0, Math.max(0, kept)));
    const endByte = kept < 0 ? 0 : ends[kept];
    expect(tail).toEqual({ endByte, tornBytes: length - (endByte ?? 0) });
  }
});

test("a flipped bit anywhere ends the reading before it and never gives a wrong record", async () => {
  await write(records);
  const whole = await readFile(path);
  for (let at = JOURNAL_MAGIC.length; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    await writeFile(path, damaged);
    const { records: found, tail } = await read();
    expect(found).toEqual(records.slice(0, found.length));
    expect(found.length).toBeLessThan(records.length);
    expect(tail.tornBytes).toBeGreaterThan(0);
  }
});

test("opening cuts a torn tail, says so, and goes on behind it", async () => {
  await write(records.slice(0, 3));
  await appendFile(path, encodeRecord(records[3] as JournalRecord).subarray(0, 11));
  const { journal, cutBytes } = await openJournal(path);
  expect(cutBytes).toBe(11);
  journal.append(records[4] as JournalRecord);
  await journal.close();
  expect((await read()).records).toEqual([...records.slice(0, 3), records[4]]);
});

test("a length that lies is damage, not a reason to read gigabytes", async () => {
  await write(records.slice(0, 1));
  await appendFile(path, Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1]));
  expect((await read()).records).toEqual(records.slice(0, 1));
  await truncate(path, 4);
  expect(await read()).toEqual({ records: [], tail: { endByte: 0, tornBytes: 4 } });
});

test("records larger than a chunk are read whole", async () => {
  const body = Buffer.alloc(900_000, 7);
  await write([
    { type: "frame", epoch: 1, seq: 0, body, late: false },
    records[1] as JournalRecord,
  ]);
  const [large, small] = (await read()).records;
  expect(large?.type === "frame" && body.equals(large.body)).toBe(true);
  expect(small).toEqual(records[1]);
});

test("what is no journal is refused", async () => {
  await writeFile(path, "name: something else\n");
  await expect(read()).rejects.toMatchObject({ code: "ONRUSH_JOURNAL_CORRUPT" });
  await expect(openJournal(join(directory, "no", "journal"))).rejects.toMatchObject({
    code: "ONRUSH_RUN_DIRECTORY",
  });
});

test("what a write left half-written on a full disk is cut before it is written again", async () => {
  await write(records.slice(0, 2));
  const { journal } = await openJournal(path);
  const [record] = records.slice(2, 3);
  if (record === undefined) throw new Error("there are three");
  journal.append(record);
  const { prototype } = await handlePrototype();
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const appendFile = vi.spyOn(prototype, "appendFile").mockImplementationOnce(async function (
    this: FileHandle,
    bytes,
  ) {
    await this.write((bytes as Buffer).subarray(0, 11));
    throw full;
  });
  await expect(journal.sync()).rejects.toMatchObject({ code: "ONRUSH_RUN_DIRECTORY", cause: full });
  expect(journal.pendingBytes).toBeGreaterThan(0);
  appendFile.mockRestore();
  expect((await read()).tail.tornBytes).toBe(11);
  await journal.sync();
  await journal.close();
  expect(await read()).toMatchObject({ records: records.slice(0, 3), tail: { tornBytes: 0 } });
});

async function handlePrototype(): Promise<{ prototype: FileHandle }> {
  const handle = await open(path, "r");
  await handle.close();
  return { prototype: Object.getPrototypeOf(handle) as FileHandle };
}
