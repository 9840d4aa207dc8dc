/**
 * Lock of a run directory: a file that names the process writing the run. Taken by whoever writes, looked at by whoever
 * wants to know whether a run still goes on. Who leads on a bus writes its epoch into it, and takes over the lock of a
 * leader before it, on any host; a lock whose process is gone (kill -9) is stale for everybody.
 *
 *   lock of                                      is taken over by
 *   a process of this host that is gone          anybody
 *   a lead of the same bus with a lower epoch    the leader: the bus says who leads
 *   anybody else, not touched for a while        a leader that has watched it so long (service/take-up.ts)
 *   anybody else                                 nobody
 *
 * Invariant: a holder that was taken over finds out before it writes (holdsLock): the file it made, and keeps open so that
 * its inode is nobody else's, is no longer the one that lies there.
 */
import { type FileHandle, open, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";

const LOCK_FILE = ".lock";
const TRIES = 3;

/** A lead among the coordinators of one bus. */
export interface LeadClaim {
  /** Grows from leader to leader. */
  readonly epoch: number;
  /** The store's life (CoordinatorBus.generation): epochs of another one say nothing. */
  readonly bus: string;
}

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Absent when no leader of a bus made it. */
  readonly lead?: LeadClaim;
}

/** Who wants the lock as a leader. */
export interface LeadIntent extends LeadClaim {
  /** lockMark() of a lock that was watched for long and never touched. */
  readonly silent?: string | null;
}

interface Held {
  readonly file: FileHandle;
  readonly inode: number;
  readonly holder: LockHolder;
}

/** By path; of this process: in a container the one before it often had the same pid. */
const held = new Map<string, Held>();

/**
 * Takes the lock.
 * @param onTakenOver called when it was taken from a holder that may still be alive
 * @returns its release, or the holder that keeps it
 */
export async function takeLock(
  directory: string,
  lead?: LeadIntent,
  onTakenOver?: () => void,
): Promise<(() => Promise<void>) | LockHolder> {
  const path = resolve(directory, LOCK_FILE);
  const own = { pid: process.pid, host: hostname(), ...(lead ? { lead: claimOf(lead) } : {}) };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (!held.has(path) && (await make(path, own))) return () => release(path);
    const found = await liveHolder(path);
    if (found === null || isLeftover(found, path)) {
      await rm(path, { force: true });
      continue;
    }
    if (held.has(path) || lead === undefined || !(await yields(path, found, lead))) return found;
    await replace(path, own);
    onTakenOver?.();
    if (await holdsLock(directory)) return () => release(path);
  }
  return { pid: 0, host: "unknown" };
}

/** The process that holds the directory's lock, unless it is known to be gone; null: nobody, or it cannot be read. */
export async function lockHolder(directory: string): Promise<LockHolder | null> {
  return liveHolder(resolve(directory, LOCK_FILE)).catch(() => null);
}

async function liveHolder(path: string): Promise<LockHolder | null> {
  const holder = await read(path);
  if (holder === null || holder.host !== hostname()) return holder;
  try {
    process.kill(holder.pid, 0);
    return holder;
  } catch (error) {
    return errorCode(error) === "EPERM" ? holder : null;
  }
}

/**
 * This process took the directory's lock and has it still. A lock that was removed by hand, or put there late by a leader
 * before this one, is set right.
 * @throws the file system's error when it is unknown
 */
export async function holdsLock(directory: string): Promise<boolean> {
  const path = resolve(directory, LOCK_FILE);
  const own = held.get(path);
  if (own === undefined) return false;
  if ((await inodeOf(path)) === own.inode) return true;
  const found = await read(path);
  if (found !== null && !isBefore(found, own.holder)) return false;
  await replace(path, own.holder);
  return true;
}

/**
 * Shows whoever watches the lock that its holder lives. Nothing when it is not ours.
 * @param wallMs milliseconds since the Unix epoch; another one than last time
 */
export async function touchLock(directory: string, wallMs: number): Promise<void> {
  const own = held.get(resolve(directory, LOCK_FILE));
  await own?.file.utimes(wallMs / 1000, wallMs / 1000).catch(() => {});
}

/** Another one whenever the lock is touched, or another's; null when there is none. */
export async function lockMark(directory: string): Promise<string | null> {
  return stat(resolve(directory, LOCK_FILE)).then(markOf, () => null);
}

/** @returns false when there is one already */
async function make(path: string, holder: LockHolder): Promise<boolean> {
  try {
    held.set(path, await written(await open(path, "wx"), holder));
    return true;
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    return false;
  }
}

/** Puts ours in the place of what lies there, at once. */
async function replace(path: string, holder: LockHolder): Promise<void> {
  const beside = `${path}.${process.pid}`;
  await rm(beside, { force: true });
  const made = await written(await open(beside, "wx"), holder);
  await rename(beside, path);
  const before = held.get(path);
  held.set(path, made);
  await before?.file.close();
}

async function written(file: FileHandle, holder: LockHolder): Promise<Held> {
  try {
    await file.writeFile(JSON.stringify(holder));
    return { file, holder, inode: (await file.stat()).ino };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function release(path: string): Promise<void> {
  const own = held.get(path);
  if (own === undefined) return;
  held.delete(path);
  if ((await inodeOf(path).catch(() => null)) === own.inode) await rm(path, { force: true });
  await own.file.close();
}

/** A process of this host that had our pid, and is gone. */
function isLeftover({ pid, host }: LockHolder, path: string): boolean {
  return pid === process.pid && host === hostname() && !held.has(path);
}

async function yields(path: string, found: LockHolder, lead: LeadIntent): Promise<boolean> {
  if (isBefore(found, { lead })) return true;
  return lead.silent != null && lead.silent === markOf(await stat(path));
}

/** Both led on the same bus, and the one did before the other. */
function isBefore(one: LockHolder, other: Pick<LockHolder, "lead">): boolean {
  if (one.lead === undefined || other.lead === undefined) return false;
  return one.lead.bus === other.lead.bus && one.lead.epoch < other.lead.epoch;
}

function claimOf({ epoch, bus }: LeadIntent): LeadClaim {
  return { epoch, bus };
}

/** null when it is missing, or was killed between making and writing it. */
async function read(path: string): Promise<LockHolder | null> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof holder === "object" ? (holder as LockHolder | null) : null;
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

function markOf({ ino, mtimeMs, size }: { ino: number; mtimeMs: number; size: number }): string {
  return `${ino}:${mtimeMs}:${size}`;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
