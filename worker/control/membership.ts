/** What a worker says of itself and its machine when it opens a session. Called once, by main.ts. */
import { cpus, hostname, totalmem } from "node:os";
import { openFilesLimit } from "../../shared/open-files.ts";
import { VERSION } from "../../shared/version.ts";
import type { WorkerInfo } from "../../shared/wire/worker-info.ts";
import type { WorkerConfig } from "../config.ts";

export function describeWorker(config: WorkerConfig): WorkerInfo {
  const processors = cpus();
  return {
    id: config.id,
    host: hostname(),
    pid: process.pid,
    version: VERSION,
    node: process.version,
    engines: config.engines,
    capacity: config.capacity,
    cpuModel: (processors[0]?.model ?? "unknown").slice(0, 200),
    cpus: processors.length,
    // Without a limit the runtime answers 0, or a number beyond any memory.
    memoryBytes: Math.min(process.constrainedMemory?.() || totalmem(), totalmem()),
    openFilesLimit: openFilesLimit(),
  };
}
