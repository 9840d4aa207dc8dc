/** A machine for the doctor's tests: a usual Linux host, and what a test wants different. */
import type { Machine } from "../../../coordinator/doctor/machine.ts";

export function machine(over: Partial<Machine> = {}): Machine {
  return {
    platform: "linux",
    system: "Linux 6.1.0 x64",
    node: "20.20.0",
    files: { soft: 20_000, hard: 20_000, systemMax: 1_000_000, systemUsed: 1000 },
    maxThreads: 50_000,
    ports: { range: [32_768, 60_999], timeWait: 100 },
    addresses: ["10.0.0.5"],
    tracking: { max: 262_144, used: 144 },
    backlog: 4096,
    memory: { totalBytes: 16e9, availableBytes: 12e9, limitBytes: null },
    cores: { available: 64, quota: null },
    clock: { source: "tsc", synchronised: true },
    runs: { folder: "/srv/runs", writable: true, freeBytes: 50e9 },
    ...over,
  };
}
