/** Goal: a directory holds one run, one process writes it, files are whole, ids sort by time. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeFileAtomic } from "../../../coordinator/store/atomic-file.ts";
import { lockHolder, takeLock } from "../../../coordinator/store/lock.ts";
import { createRunDirectory } from "../../../coordinator/store/run-directory.ts";
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
