/**
 * Processes of one command, found in /proc by a mark in their environment, so that those whose parent is gone are found
 * too. Linux only. Invariant: only processes that carry the mark are ever signalled.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface Found {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

const MARK = "ONRUSH_TEST_MARK";

/** For the environment of the command. */
export function markOf(name: string): Readonly<Record<string, string>> {
  return { [MARK]: name };
}

/** Those that run; an ended one that nobody has waited for is gone. */
export function marked(name: string): Found[] {
  const needle = `${MARK}=${name}\0`;
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      if (!`${readFileSync(`/proc/${entry}/environ`, "latin1")}\0`.includes(needle)) return [];
      const stat = readFileSync(`/proc/${entry}/stat`, "latin1");
      const [state = "Z", parent = "0"] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const command = readFileSync(`/proc/${entry}/cmdline`, "latin1").replaceAll("\0", " ").trim();
      return state === "Z" ? [] : [{ pid: Number(entry), parent: Number(parent), command }];
    } catch {
      // It ended while it was looked at.
      return [];
    }
  });
}

export function signal({ pid }: Found, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended.
  }
}

/** A look at all processes of a machine takes milliseconds. */
const LOOK_MS = 100;

/** Looks until `holds`, or until the time is over. @returns whether it held */
export async function until(holds: () => boolean, withinMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += LOOK_MS) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return holds();
}
