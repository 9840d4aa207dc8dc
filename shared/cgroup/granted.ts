/**
 * What this process may use of its machine: the least of what the machine has and what its control groups allow. Used by
 * whatever sizes itself: a worker's engines and capacity, the processes of a run on one machine, the doctor.
 * Invariant: with no control group it is the machine; it is never nothing.
 */
import { availableParallelism, freemem, totalmem } from "node:os";
import { Cgroup, type CgroupLimits } from "./cgroup.ts";

export interface Granted {
  /** Processors it may run on, at whatever share of their time. */
  readonly processors: number;
  /** Processors it can keep busy, whole ones; a quota of less than two is one. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** Of those, not in use now. */
  readonly availableBytes: number;
  /** What the control groups say, where they say anything. */
  readonly limits: CgroupLimits;
}

/** What there is without control groups. */
export interface Host {
  /** Those this process may run on. */
  readonly processors: number;
  readonly memoryBytes: number;
  readonly availableBytes: number;
}

export function granted(cgroup = new Cgroup(), host: Host = thisHost()): Granted {
  const limits = cgroup.limits();
  const processors = Math.min(host.processors, limits.cpus ?? host.processors);
  const cores = Math.min(processors, limits.cpuQuota ?? processors);
  const memory = cgroup.memory();
  const room = memory === null ? host.availableBytes : memory.limitBytes - memory.usedBytes;
  return {
    processors,
    cores: Math.max(1, Math.floor(cores)),
    memoryBytes: Math.min(host.memoryBytes, limits.memoryBytes ?? host.memoryBytes),
    availableBytes: Math.max(0, Math.min(host.availableBytes, room)),
    limits,
  };
}

/** Engine threads that leave a core to the control threads and the system. */
export function enginesFor({ cores }: Pick<Granted, "cores">): number {
  return Math.max(1, cores - 1);
}

function thisHost(): Host {
  return {
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    availableBytes: freemem(),
  };
}
