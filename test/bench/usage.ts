/**
 * What a process and its descendants use, from /proc (Linux): CPU seconds in all, and the most memory at one
 * time. Sampled while they live; what a child used between its last sample and its end is missed, so the
 * figures are a little low for everybody alike.
 */
import { readdirSync, readFileSync } from "node:fs";

const SAMPLE_MS = 100;
/** USER_HZ is 100 on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;

export interface Usage {
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly processes: number;
}

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly cpuTicks: number;
  readonly rssBytes: number;
}

function readRow(pid: number): Row | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const rss = /VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? "0";
    return {
      pid,
      parent: Number(fields[1]),
      cpuTicks: Number(fields[11]) + Number(fields[12]),
      rssBytes: Number(rss) * 1024,
    };
  } catch {
    return null;
  }
}

function familyOf(root: number): Row[] {
  const rows = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readRow(Number(name)))
    .filter((row) => row !== null);
  const family = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, parent } of rows) {
      if (!family.has(pid) && family.has(parent)) {
        family.add(pid);
        grown = true;
      }
    }
  }
  return rows.filter(({ pid }) => family.has(pid));
}

/** Samples `pid` and its descendants until stop() is called. */
export function watchUsage(pid: number): { stop(): Usage } {
  const cpuTicks = new Map<number, number>();
  let peakRssBytes = 0;
  const look = () => {
    const rows = familyOf(pid);
    for (const row of rows) cpuTicks.set(row.pid, row.cpuTicks);
    const rss = rows.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
    peakRssBytes = Math.max(peakRssBytes, rss);
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      const ticks = [...cpuTicks.values()].reduce((sum, value) => sum + value, 0);
      return {
        cpuSeconds: ticks / TICKS_PER_SECOND,
        peakRssBytes,
        processes: cpuTicks.size,
      };
    },
  };
}
