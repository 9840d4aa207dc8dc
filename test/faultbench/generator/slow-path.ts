/**
 * The way of one of two workers carries only so many bytes a second: its interface, or what else its machine sends. Listed in registry.ts. The
 * connections of the worker are told by their ports, again and again, as it makes new ones. Needs a path (`path` of the case).
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { z } from "zod";
import type { GeneratorFault } from "./fault.ts";
import { workersOf } from "./workers.ts";

const LOOK_MS = 250;

export const slowPath: GeneratorFault<number> = {
  shape: z.number().positive(),
  launch: () => ({ workers: 2 }),
  async begin(bytesPerSec, { mark, seed, way, ends }) {
    const workers = workersOf(mark);
    const { pid } = workers[seed % workers.length] ?? { pid: 0 };
    if (way === null) throw new Error("the case has no path");
    const look = () => way.behave({ bytesPerSec, ports: portsOf(pid) });
    await look();
    let looking: Promise<void> = Promise.resolve();
    const again = setInterval(() => {
      looking = looking.then(look).catch(() => clearInterval(again));
    }, LOOK_MS);
    ends.push(async () => {
      clearInterval(again);
      await looking;
    });
  },
};

/** Local ports of the process' TCP sockets (Linux); none when it has ended. */
function portsOf(pid: number): readonly number[] {
  try {
    const open = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((file) => inodeOf(pid, file)));
    const [, ...rows] = readFileSync(`/proc/${pid}/net/tcp`, "latin1").trim().split("\n");
    return rows.flatMap((row) => {
      const [, local = "", , , , , , , , inode = ""] = row.trim().split(/\s+/);
      return open.has(inode) ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
    });
  } catch {
    return [];
  }
}

function inodeOf(pid: number, file: string): string[] {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${file}`))?.[1];
    return inode === undefined ? [] : [inode];
  } catch {
    // It was closed meanwhile.
    return [];
  }
}
