/**
 * What the control groups of this process allow it, and how much of that it uses: a container's limits, not the machine's.
 * Linux, versions 1 and 2 (hierarchy.ts). Used by whatever sizes itself and whatever tells its health.
 * Invariants: of nested groups the tightest limit counts; what cannot be read is no limit; reading never fails and changes
 * nothing. Bound: a few small files of each group, 32 groups at most.
 */
import { readFileSync } from "node:fs";
import { type Controller, type Hierarchy, hierarchyOf, type ReadText } from "./hierarchy.ts";

export interface CgroupLimits {
  /** Processors' worth of time, such as 0.5; null: no quota. */
  readonly cpuQuota: number | null;
  /** Processors it may run on; null: no group says. */
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  /** Processes and threads. */
  readonly pids: number | null;
}

export interface MemoryUse {
  /** Of the group whose limit is nearest, without what the kernel can drop again (files' page cache). */
  readonly usedBytes: number;
  readonly limitBytes: number;
}

export interface Throttling {
  /** Since the groups were made, microseconds: how long they had used up their quota. The kernel adds up its processors. */
  readonly throttledUs: number;
  /** Periods in which that happened, and how long one is at most. */
  readonly periods: number;
  readonly periodUs: number;
}

/** Limits beyond this are none. */
const NO_LIMIT = 2 ** 53 - 1;
const DEFAULT_PERIOD_US = 100_000;

export class Cgroup {
  readonly #read: ReadText;
  readonly #hierarchies = new Map<Controller, Hierarchy | null>();

  /** @param read of the file system; only what asks for it opens anything */
  constructor(read: ReadText = readText) {
    this.#read = read;
  }

  limits(): CgroupLimits {
    const quotas = this.#each("cpu", (folder, version) => this.#quota(folder, version)?.cores);
    return {
      cpuQuota: least(quotas),
      cpus: least(this.#each("cpuset", (folder, version) => this.#cpus(folder, version))),
      memoryBytes: least(this.#each("memory", (folder, version) => this.#limit(folder, version))),
      pids: least(this.#each("pids", (folder) => this.#number(`${folder}/pids.max`))),
    };
  }

  /** Null where no group limits memory. */
  memory(): MemoryUse | null {
    const all = this.#each("memory", (folder, version) => this.#use(folder, version));
    const known = all.filter((use) => use !== null);
    if (known.length === 0) return null;
    const room = ({ limitBytes, usedBytes }: MemoryUse) => limitBytes - usedBytes;
    return known.reduce((tightest, use) => (room(use) < room(tightest) ? use : tightest));
  }

  /** Null where no group limits processor time. */
  throttling(): Throttling | null {
    const all = this.#each("cpu", (folder, version) => this.#throttled(folder, version));
    const known = all.filter((each) => each !== null);
    if (known.length === 0) return null;
    return known.reduce((sum, each) => ({
      throttledUs: sum.throttledUs + each.throttledUs,
      periods: sum.periods + each.periods,
      periodUs: Math.max(sum.periodUs, each.periodUs),
    }));
  }

  /** Processes of its own group, or of groups below, that the kernel has killed for want of memory; null: it does not say. */
  oomKills(): number | null {
    const hierarchy = this.#hierarchy("memory");
    const [own] = hierarchy?.folders ?? [];
    if (!hierarchy || own === undefined) return null;
    const file = hierarchy.version === 2 ? "memory.events" : "memory.oom_control";
    return this.#fields(`${own}/${file}`).get("oom_kill") ?? null;
  }

  #hierarchy(controller: Controller): Hierarchy | null {
    const known = this.#hierarchies.get(controller);
    if (known !== undefined) return known;
    const found = hierarchyOf(controller, this.#read);
    this.#hierarchies.set(controller, found);
    return found;
  }

  #each<T>(
    controller: Controller,
    of: (folder: string, version: 1 | 2) => T | null | undefined,
  ): (T | null)[] {
    const hierarchy = this.#hierarchy(controller);
    if (hierarchy === null) return [];
    return hierarchy.folders.map((folder) => of(folder, hierarchy.version) ?? null);
  }

  #quota(folder: string, version: 1 | 2): { cores: number; periodUs: number } | null {
    const [quota, period] =
      version === 2
        ? (this.#read(`${folder}/cpu.max`) ?? "").split(/\s+/).map(numberOf)
        : ["quota", "period"].map((what) => this.#number(`${folder}/cpu.cfs_${what}_us`));
    if (!quota) return null;
    const periodUs = period || DEFAULT_PERIOD_US;
    return { cores: quota / periodUs, periodUs };
  }

  #cpus(folder: string, version: 1 | 2): number | null {
    const names =
      version === 2 ? ["cpuset.cpus.effective"] : ["cpuset.effective_cpus", "cpuset.cpus"];
    for (const name of names) {
      const count = countOf(this.#read(`${folder}/${name}`) ?? "");
      if (count > 0) return count;
    }
    return null;
  }

  #limit(folder: string, version: 1 | 2): number | null {
    if (version === 2) return this.#number(`${folder}/memory.max`);
    // The second is the least of the groups above, too, also of those that cannot be seen from here.
    return least([
      this.#number(`${folder}/memory.limit_in_bytes`),
      bounded(this.#fields(`${folder}/memory.stat`).get("hierarchical_memory_limit")),
    ]);
  }

  #use(folder: string, version: 1 | 2): MemoryUse | null {
    const limitBytes = this.#limit(folder, version);
    const [file, of] = version === 2 ? ["memory.current", ""] : ["memory.usage_in_bytes", "total_"];
    const current = this.#number(`${folder}/${file}`);
    if (limitBytes === null || current === null) return null;
    const stat = this.#fields(`${folder}/memory.stat`);
    const cache = (stat.get(`${of}inactive_file`) ?? 0) + (stat.get(`${of}active_file`) ?? 0);
    return { limitBytes, usedBytes: Math.max(0, current - cache) };
  }

  #throttled(folder: string, version: 1 | 2): Throttling | null {
    const quota = this.#quota(folder, version);
    if (quota === null) return null;
    const stat = this.#fields(`${folder}/cpu.stat`);
    const throttledUs =
      version === 2 ? stat.get("throttled_usec") : (stat.get("throttled_time") ?? 0) / 1000;
    const { periodUs } = quota;
    return { throttledUs: throttledUs ?? 0, periods: stat.get("nr_throttled") ?? 0, periodUs };
  }

  /** Of a file of lines such as "oom_kill 3". */
  #fields(path: string): ReadonlyMap<string, number> {
    const fields = new Map<string, number>();
    for (const line of (this.#read(path) ?? "").split("\n")) {
      const [name = "", text = ""] = line.split(" ");
      const value = Number(text || Number.NaN);
      if (Number.isFinite(value)) fields.set(name, value);
    }
    return fields;
  }

  #number(path: string): number | null {
    return numberOf(this.#read(path) ?? "");
  }
}

function least(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length === 0 ? null : Math.min(...known);
}

/** Null for "max" and -1, and for numbers that stand for them. */
function numberOf(text: string): number | null {
  return bounded(Number(text.trim() || Number.NaN));
}

function bounded(value: number | undefined): number | null {
  return value !== undefined && value >= 0 && value < NO_LIMIT ? value : null;
}

/** Of a list such as "0-3,8"; 0 for what is none. */
function countOf(list: string): number {
  let count = 0;
  for (const part of list.trim().split(",")) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first !== undefined) count += Number(last ?? first) - Number(first) + 1;
  }
  return count;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
