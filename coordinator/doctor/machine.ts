/**
 * What this machine allows its processes, read once for the doctor: files, ports, connection tracking, memory,
 * processors, clock. Linux tells it under /proc and /sys, macOS through sysctl.
 * Invariant: reading never fails and changes nothing; what the system does not tell is null.
 */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { networkInterfaces, release, type } from "node:os";
import { dirname, resolve } from "node:path";
import { Cgroup } from "../../shared/cgroup/cgroup.ts";
import { type Granted, granted } from "../../shared/cgroup/granted.ts";
import type { ReadText } from "../../shared/cgroup/hierarchy.ts";
import { localPortRange } from "../../shared/local-ports.ts";
import { openFilesLimit } from "../../shared/open-files.ts";

export interface Machine {
  readonly platform: NodeJS.Platform;
  /** One line, such as "Linux 6.1.0 x64". */
  readonly system: string;
  readonly node: string;
  readonly files: {
    /** Per process. Node raises its soft limit to the hard one, so `soft` is what a worker has. */
    readonly soft: number;
    readonly hard: number | null;
    /** Of the whole system: how many there may be, and how many there are. */
    readonly systemMax: number | null;
    readonly systemUsed: number | null;
  };
  /** Processes and threads this user or this container may have. */
  readonly maxThreads: number | null;
  readonly ports: {
    readonly range: readonly [first: number, last: number];
    /** Closed connections whose ports are not free yet. */
    readonly timeWait: number | null;
  };
  /** Addresses of this machine, other than loopback. */
  readonly addresses: readonly string[];
  /** The kernel's table of connections, where it keeps one. */
  readonly tracking: { readonly max: number; readonly used: number } | null;
  /** Connections the kernel holds for a server that has not accepted them yet. */
  readonly backlog: number | null;
  readonly memory: {
    readonly totalBytes: number;
    readonly availableBytes: number;
    /** Of a container or service: the kernel ends processes beyond it; null without one. */
    readonly limitBytes: number | null;
  };
  readonly cores: {
    readonly available: number;
    /** Processors' worth of time a container may use; null without a quota. */
    readonly quota: number | null;
  };
  readonly clock: {
    /** The kernel's source of time. */
    readonly source: string | null;
    /** Kept right by a time server. */
    readonly synchronised: boolean | null;
  };
  readonly runs: {
    /** The folder runs are written to, or the nearest one above it that is there. */
    readonly folder: string;
    readonly writable: boolean;
    readonly freeBytes: number | null;
  };
}

const EXEC_MS = 2000;
/** Limits beyond this are none. */
const NO_LIMIT = 2 ** 53 - 1;

export function readMachine(runsFolder: string, read: ReadText = readText): Machine {
  const isMac = process.platform === "darwin";
  const allowed = granted(new Cgroup(read));
  return {
    platform: process.platform,
    system: `${type()} ${release()} ${process.arch}`,
    node: process.versions.node,
    files: { ...(isMac ? macFiles() : linuxFiles(read)), soft: openFilesLimit() },
    maxThreads: isMac ? numberOf(sysctl("kern.maxprocperuid")) : threadsOf(read, allowed),
    ports: { range: localPortRange(), timeWait: timeWaitOf(read) },
    addresses: addresses(),
    tracking: trackingOf(read),
    backlog: numberOf(isMac ? sysctl("kern.ipc.somaxconn") : read("/proc/sys/net/core/somaxconn")),
    memory: {
      totalBytes: allowed.memoryBytes,
      availableBytes: allowed.availableBytes,
      limitBytes: allowed.limits.memoryBytes,
    },
    cores: { available: allowed.processors, quota: allowed.limits.cpuQuota },
    clock: {
      source: read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
      synchronised: isMac ? null : isSynchronised(),
    },
    runs: runsOf(runsFolder),
  };
}

function linuxFiles(read: ReadText): Omit<Machine["files"], "soft"> {
  const [used, , max] = (read("/proc/sys/fs/file-nr") ?? "").split(/\s+/).map(numberOf);
  const limits = read("/proc/self/limits") ?? "";
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1] ?? null;
  return { hard: numberOf(hard), systemMax: max ?? null, systemUsed: used ?? null };
}

function macFiles(): Omit<Machine["files"], "soft"> {
  return {
    hard: numberOf(sysctl("kern.maxfilesperproc")),
    systemMax: numberOf(sysctl("kern.maxfiles")),
    systemUsed: numberOf(sysctl("kern.num_files")),
  };
}

/** The least of what the user, the container and the kernel allow. */
function threadsOf(read: ReadText, { limits: groups }: Granted): number | null {
  const limits = read("/proc/self/limits") ?? "";
  const known = [
    /^Max processes\s+(\S+)/m.exec(limits)?.[1] ?? null,
    read("/proc/sys/kernel/threads-max"),
  ]
    .map(numberOf)
    .concat(groups.pids)
    .filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function timeWaitOf(read: ReadText): number | null {
  return numberOf(/^TCP:.*\btw (\d+)/m.exec(read("/proc/net/sockstat") ?? "")?.[1] ?? null);
}

function trackingOf(read: ReadText): Machine["tracking"] {
  const max = numberOf(read("/proc/sys/net/netfilter/nf_conntrack_max"));
  const used = numberOf(read("/proc/sys/net/netfilter/nf_conntrack_count"));
  return max === null || used === null ? null : { max, used };
}

function addresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4")
    .map(({ address }) => address);
}

function isSynchronised(): boolean | null {
  const answer = run("timedatectl", ["show", "--property=NTPSynchronized", "--value"]);
  return answer === "yes" ? true : answer === "no" ? false : null;
}

function runsOf(folder: string): Machine["runs"] {
  let nearest = resolve(folder);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch {
    return { folder: nearest, writable: false, freeBytes: null };
  }
  const { bavail, bsize } = statfsSync(nearest);
  return { folder: nearest, writable: true, freeBytes: bavail * bsize };
}

/** Null for what is no number, for "max" and "unlimited", and for numbers that stand for them. */
function numberOf(text: string | null): number | null {
  const value = Number(text?.trim() || Number.NaN);
  return Number.isFinite(value) && value >= 0 && value < NO_LIMIT ? value : null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

function sysctl(name: string): string | null {
  return run("sysctl", ["-n", name]);
}

function run(program: string, args: readonly string[]): string | null {
  try {
    const options = { encoding: "utf8", timeout: EXEC_MS, stdio: ["ignore", "pipe", "ignore"] };
    return execFileSync(program, args, options as { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}
