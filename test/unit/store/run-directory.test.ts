/** Goal: a directory holds one run, one process writes it, files are whole, ids sort by time. */
import { spawnSync } from "node:child_process";
import { mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { writeFileAtomic } from "../../../coordinator/store/atomic-file.ts";
import { fileRunStore } from "../../../coordinator/store/file-run-store.ts";
import { readJournal } from "../../../coordinator/store/journal-reader.ts";
import { encodeRecord, type JournalRecord } from "../../../coordinator/store/journal-record.ts";
import {
  holdsLock,
  lockHolder,
  lockMark,
  takeLock,
  touchLock,
} from "../../../coordinator/store/lock.ts";
import { createRunDirectory, type RunFile } from "../../../coordinator/store/run-directory.ts";
import { makeRunId } from "../../../coordinator/store/run-id.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "onrush-store-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("run directory", () => {
  test("is made with those above it, and locked until released", async () => {
    const path = join(directory, "a", "b");
    const made = await createRunDirectory(path);
    expect(await lockHolder(path)).toEqual({ pid: process.pid, host: hostname() });
    await expect(createRunDirectory(path)).rejects.toThrow(/in use by process/);
    await made.release();
    expect(await lockHolder(path)).toBeNull();
    await (await createRunDirectory(path)).release();
  });

  test("cannot be made where the system makes none, and says so", async () => {
    // Node's own recursive mkdir never comes back from there.
    const path = process.platform === "linux" ? "/proc/nowhere/run" : "/dev/null/run";
    await expect(createRunDirectory(path)).rejects.toMatchObject({ code: "ONRUSH_RUN_DIRECTORY" });
    await writeFile(join(directory, "file"), "");
    await expect(createRunDirectory(join(directory, "file", "run"))).rejects.toThrow("ENOTDIR");
    await expect(createRunDirectory(join(directory, "file"))).rejects.toThrow("EEXIST");
  });

  test.each(["run.json", "journal"])("that holds a %s is refused and left alone", async (name) => {
    await writeFile(join(directory, name), "x");
    await expect(createRunDirectory(directory)).rejects.toMatchObject({
      code: "ONRUSH_RUN_DIRECTORY",
    });
    expect(await readdir(directory)).toEqual([name]);
  });

  test("that cannot be made says so", async () => {
    await writeFile(join(directory, "file"), "");
    await expect(createRunDirectory(join(directory, "file", "run"))).rejects.toMatchObject({
      code: "ONRUSH_RUN_DIRECTORY",
      exitCode: 98,
    });
  });
});

describe("lock", () => {
  test("of a process that is gone is taken over, of another host never", async () => {
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    await writeFile(join(directory, ".lock"), JSON.stringify({ pid: dead, host: hostname() }));
    const release = await takeLock(directory);
    expect(typeof release).toBe("function");
    if (typeof release === "function") await release();
    const foreign = { pid: dead, host: "elsewhere" };
    await writeFile(join(directory, ".lock"), JSON.stringify(foreign));
    expect(await takeLock(directory)).toEqual(foreign);
  });
});

test("a lock of a process before this one that had its pid, as in a container, is stale", async () => {
  const own = { pid: process.pid, host: hostname() };
  await writeFile(join(directory, ".lock"), JSON.stringify(own));
  const release = await takeLock(directory);
  if (typeof release !== "function") throw new Error("it was not taken over");
  expect(await takeLock(directory)).toEqual(own);
  await release();
  expect(await lockHolder(directory)).toBeNull();
});

describe("the lock of a leader", () => {
  const bus = "store-1";
  const elsewhere = { pid: 1, host: "elsewhere" };
  const lockWith = (holder: object) => writeFile(join(directory, ".lock"), JSON.stringify(holder));
  const taken = async (...args: Parameters<typeof takeLock>) => {
    const lock = await takeLock(...args);
    if (typeof lock !== "function") throw new Error(`held by ${JSON.stringify(lock)}`);
    return lock;
  };

  test("of another host goes to one that led later on the same bus, and to no other", async () => {
    const holder = { ...elsewhere, lead: { epoch: 7, bus } };
    await lockWith(holder);
    expect(await takeLock(directory)).toEqual(holder);
    expect(await takeLock(directory, { epoch: 7, bus })).toEqual(holder);
    expect(await takeLock(directory, { epoch: 8, bus: "store-2" })).toEqual(holder);
    let contested = false;
    const release = await taken(directory, { epoch: 8, bus }, () => {
      contested = true;
    });
    expect(contested).toBe(true);
    expect(await lockHolder(directory)).toMatchObject({
      pid: process.pid,
      host: hostname(),
      lead: { epoch: 8, bus },
    });
    await release();
    expect(await readdir(directory)).toEqual([]);
  });

  test("that nobody touches is given up to a leader that has watched it; a touched one is not", async () => {
    await lockWith(elsewhere);
    const mark = await lockMark(directory);
    await utimes(join(directory, ".lock"), 1, 1);
    expect(await takeLock(directory, { epoch: 1, bus, silent: mark })).toEqual(elsewhere);
    const silent = await lockMark(directory);
    await (await taken(directory, { epoch: 1, bus, silent }))();
  });

  test("its holder notices that it was taken over, and leaves the new one alone", async () => {
    const release = await taken(directory, { epoch: 3, bus });
    expect(await holdsLock(directory)).toBe(true);
    const before = await lockMark(directory);
    await touchLock(directory, 1000);
    expect(await lockMark(directory)).not.toBe(before);
    const successor = { ...elsewhere, lead: { epoch: 4, bus } };
    await rm(join(directory, ".lock"));
    await lockWith(successor);
    expect(await holdsLock(directory)).toBe(false);
    await release();
    expect(await lockHolder(directory)).toEqual(successor);
  });

  test("that was removed, or that a leader before put there late, is set right", async () => {
    const release = await taken(directory, { epoch: 3, bus });
    await rm(join(directory, ".lock"));
    expect(await holdsLock(directory)).toBe(true);
    await rm(join(directory, ".lock"));
    await lockWith({ ...elsewhere, lead: { epoch: 2, bus } });
    expect(await holdsLock(directory)).toBe(true);
    expect(await lockHolder(directory)).toMatchObject({ pid: process.pid });
    await release();
    expect(await readdir(directory)).toEqual([]);
  });

  test.each(["null", "7", "{", ""])("content %j is nobody's", async (content) => {
    await writeFile(join(directory, ".lock"), content);
    await (await taken(directory, { epoch: 1, bus }))();
  });
});

test("who was taken over from writes nothing more: neither records, nor results", async () => {
  const bus = "store-1";
  const stored = await fileRunStore.create(directory, { epoch: 1, bus });
  const { journal } = await stored.openJournal();
  const note = (message: string): JournalRecord => ({
    type: "event",
    event: { type: "note", message, wallMs: 0, elapsedUs: null },
  });
  journal.append(note("before"));
  await journal.sync();
  const path = join(directory, "journal");
  const old = await open(path, "a");
  await writeFile(join(directory, "report.md.tmp-77"), "left behind");
  // As a leader on another host sees it; the file stays the one the writer made.
  const lead = { epoch: 1, bus };
  await writeFile(join(directory, ".lock"), JSON.stringify({ pid: 1, host: "elsewhere", lead }));
  vi.resetModules();
  const other = await import("../../../coordinator/store/file-run-store.ts");
  const successor = await other.fileRunStore.reopen(directory, { epoch: 2, bus });
  try {
    expect(await readdir(directory)).not.toContain("report.md.tmp-77");
    journal.append(note("late"));
    const refusal = { code: "ONRUSH_COORDINATOR_TAKEN" };
    await expect(journal.sync()).rejects.toMatchObject(refusal);
    await expect(stored.write("report.md", "late")).rejects.toMatchObject(refusal);
    await expect(stored.writeRunFile({} as RunFile)).rejects.toMatchObject(refusal);
    // Even what was on its way when it was taken over lands nowhere.
    await old.appendFile(encodeRecord(note("on its way")));
    const { records } = await readAll(path);
    expect(records).toEqual([note("before")]);
    await stored.release();
    expect(await lockHolder(directory)).toMatchObject({ lead: { epoch: 2, bus } });
  } finally {
    await old.close();
    await successor.release();
  }
});

async function readAll(path: string) {
  const records: JournalRecord[] = [];
  for await (const record of readJournal(path)) records.push(record);
  return { records };
}

describe("atomic file", () => {
  test("replaces the whole content and leaves nothing beside it", async () => {
    const path = join(directory, "f");
    await writeFileAtomic(path, "old and longer");
    await writeFileAtomic(path, ["n", "ew"]);
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(directory)).toEqual(["f"]);
  });

  test("a failed write keeps the old content", async () => {
    const path = join(directory, "f");
    await writeFileAtomic(path, "old");
    function* broken() {
      yield "half";
      throw new Error("no more");
    }
    await expect(writeFileAtomic(path, broken())).rejects.toThrow("no more");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(directory)).toEqual(["f"]);
  });
});

test("run ids sort by time and are safe as names", () => {
  const atMs = Date.UTC(2026, 10, 20, 22, 45, 1);
  expect(makeRunId(atMs, "echo-10k", "x7f2")).toBe("20261120-224501-echo-10k-x7f2");
  expect(makeRunId(atMs, "../Ünder\nthe  {{bridge}}", "x7f2")).toBe(
    "20261120-224501-nder-the-bridge-x7f2",
  );
  expect(makeRunId(atMs, "日本", "x7f2")).toBe("20261120-224501-x7f2");
  expect(makeRunId(atMs, "a".repeat(500), "x7f2")).toHaveLength(61);
  expect(makeRunId(atMs + 1000, "a", "aaaa") > makeRunId(atMs, "z", "zzzz")).toBe(true);
});
