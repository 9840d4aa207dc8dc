/**
 * How many files and sockets one process may hold open. Node raises its soft limit to the hard limit when it
 * starts, so what this process has is what its children get. Called by workers (what they can hold) and by
 * the coordinator (how many workers a run takes).
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Used where the system does not tell: what POSIX systems grant at the least by default. */
const FALLBACK = 1024;
/** Nobody plans with more per process, also where there is no limit. */
const MOST = 1_048_576;

/** The limit of this process, 1..1048576. */
export function openFilesLimit(): number {
  const limit = process.platform === "linux" ? linuxLimit() : shellLimit();
  return Math.max(1, Math.min(limit, MOST));
}

function linuxLimit(): number {
  try {
    return parseProcLimits(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return FALLBACK;
  }
}

/** The soft limit in the text of /proc/<pid>/limits; what cannot be read counts as the usual default. */
export function parseProcLimits(text: string): number {
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  return parseLimit(soft ?? "");
}

function shellLimit(): number {
  try {
    return parseLimit(execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim());
  } catch {
    return FALLBACK;
  }
}

function parseLimit(text: string): number {
  if (text === "unlimited") return MOST;
  const limit = Number(text);
  return text !== "" && Number.isSafeInteger(limit) && limit > 0 ? limit : FALLBACK;
}
