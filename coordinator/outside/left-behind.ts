/**
 * Processes that a command has started, and that have left its process group: found by a mark in their environment, which they inherit.
 * Called by run-command.ts. Invariant: only what carries the mark is touched, so nothing that others have started. Linux only: elsewhere
 * there is no such list.
 */
import { readdirSync, readFileSync } from "node:fs";

/** Each round finds what was started during the one before. */
const ROUNDS = 5;

/** @param mark NAME=VALUE, with a value of this command alone */
export function killMarked(mark: string): void {
  for (let round = 0; round < ROUNDS; round++) {
    const found = marked(mark);
    for (const pid of found) kill(pid);
    if (found.length === 0) return;
  }
}

/** Ends a process, or with a negative number a group; one that is gone is none. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It is gone, or has become somebody else's.
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

function marked(mark: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    return Number.isInteger(pid) && pid !== process.pid && carries(pid, mark) ? [pid] : [];
  });
}

/** What ends meanwhile, or is somebody else's, does not. */
function carries(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark);
  } catch {
    return false;
  }
}
