/** What the journal says of a worker that takes part. Called by placement.ts. Invariant: what the worker has not said is absent. */
import type { Member, MemberInfo } from "../fleet/members.ts";
import type { WorkerJoined, WorkerLimits, WorkerMachine } from "../store/worker-joined.ts";

export function joinedEvent({ epoch, info }: Member, generation: string): WorkerJoined {
  const { id, host, engines, capacity, fenceAfterMs } = info;
  return {
    type: "worker-joined",
    ...{ epoch, id, host, engines, capacity, fenceAfterMs, generation },
    ...machineOf(info),
    ...limitsOf(info),
  };
}

/** What a comparison of runs has to know of it. */
function machineOf({ cpuModel, cpus, node, version }: MemberInfo): { machine?: WorkerMachine } {
  if (cpuModel === undefined || cpus === undefined) return {};
  if (node === undefined || version === undefined) return {};
  return { machine: { cpuModel, cpus, node, version } };
}

/** What a forecast has to know of it. */
function limitsOf({ openFilesLimit, localPorts }: MemberInfo): { limits?: WorkerLimits } {
  if (openFilesLimit === undefined || localPorts === undefined) return {};
  return { limits: { openFiles: openFilesLimit, localPorts } };
}
