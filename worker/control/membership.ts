/** What a worker says of itself and its machine when it opens a session. Called once, by main.ts. */
import { cpus, hostname } from "node:os";
import { granted } from "../../shared/cgroup/granted.ts";
import { localPortRange } from "../../shared/local-ports.ts";
import { openFilesLimit } from "../../shared/open-files.ts";
import { VERSION } from "../../shared/version.ts";
import { COUNTER_LISTS } from "../../shared/wire/frame/counter-lists.ts";
import { WIRE_VERSION } from "../../shared/wire/plan.ts";
import type { WorkerInfo } from "../../shared/wire/worker-info.ts";
import type { WorkerConfig } from "../config.ts";
import { hostFacts } from "./host-facts.ts";

export async function describeWorker(config: WorkerConfig): Promise<WorkerInfo> {
  const processors = cpus();
  const facts = await hostFacts();
  const [firstPort, lastPort] = localPortRange();
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
    memoryBytes: granted().memoryBytes,
    openFilesLimit: openFilesLimit(),
    localPorts: lastPort - firstPort + 1,
    physicalCores: facts.physicalCores,
    system: facts.system,
    fenceAfterMs: config.fenceAfterMs,
    wire: WIRE_VERSION,
    counters: COUNTER_LISTS,
    ...(config.allowFaults && { allowFaults: true }),
  };
}
