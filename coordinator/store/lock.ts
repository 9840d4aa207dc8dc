/**
 * Advisory lock of a run directory: a file that names the process writing the run. Taken by whoever
 * writes, looked at by whoever wants to know whether a run still goes on. A lock whose process is gone
 * (kill -9) is stale and taken over; across hosts nothing can be known, so a foreign lock holds.
 */
import { open, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";

const LOCK_FILE = ".lock";
/** Of this process: in a container the one before it often had the same pid. */
const held = new Set<string>();

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
}

/** Takes the lock. @returns its release, or the live process that holds it. */
export async function takeLock(directory: string): Promise<(() => Promise<void>) | LockHolder> {
  const path = resolve(directory, LOCK_FILE);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      await file.close();
      held.add(path);
      return async () => {
        held.delete(path);
        await rm(path, { force: true });
      };
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    const holder = await lockHolder(directory);
    const isOurs = holder?.pid === process.pid && holder.host === hostname();
    if (holder && !(isOurs && !held.has(path))) return holder;
    await rm(path, { force: true });
  }
  return { pid: 0, host: "unknown" };
}

/** The live process that holds the directory's lock, or null. */
export async function lockHolder(directory: string): Promise<LockHolder | null> {
  let holder: LockHolder;
  try {
    holder = JSON.parse(await readFile(resolve(directory, LOCK_FILE), "utf8")) as LockHolder;
  } catch {
    // Missing, or killed between making and writing it.
    return null;
  }
  if (holder.host !== hostname()) return holder;
  try {
    process.kill(holder.pid, 0);
    return holder;
  } catch (error) {
    return errorCode(error) === "EPERM" ? holder : null;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
