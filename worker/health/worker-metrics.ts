/**
 * What Prometheus reads of one worker. Called by health-server.ts.
 * Invariant: a fixed number of families without labels, whatever the worker does; limits and their use only where a control
 * group sets some.
 */
import type { Cgroup } from "../../shared/cgroup/cgroup.ts";
import type { Family } from "../../shared/exposition.ts";
import { busAnswers, type WorkerState } from "./worker-state.ts";

export function workerFamilies(state: WorkerState, cgroup: Cgroup): readonly Family[] {
  return [
    gauge("connections_open", "Connections it has open", state.connectionsOpen),
    gauge("capacity_connections", "Connections it may hold", state.capacity),
    gauge("slices_held", "Slices of a run that it holds", state.slicesHeld),
    gauge("engines", "Engine threads of a run", state.engines),
    gauge("session_epoch", "Epoch of its session at the bus; 0: it has none", state.epoch ?? 0),
    gauge("bus_connected", "1 while the bus answers", Number(busAnswers(state))),
    gauge("draining", "1 since it was asked to leave", Number(state.draining)),
    ...limitFamilies(cgroup),
  ].filter((family) => family !== null);
}

function limitFamilies(cgroup: Cgroup): readonly (Family | null)[] {
  const { cpuQuota } = cgroup.limits();
  const memory = cgroup.memory();
  const throttling = cgroup.throttling();
  return [
    gauge("cpu_quota_cores", "Processors' worth of time its control group allows", cpuQuota),
    counter(
      "cpu_throttled_seconds",
      "Time its control group had used up that quota, added up over processors",
      throttling === null ? null : throttling.throttledUs / 1e6,
    ),
    gauge("memory_limit_bytes", "Memory its control group allows", memory?.limitBytes ?? null),
    gauge(
      "memory_used_bytes",
      "Memory used of that, without page cache",
      memory?.usedBytes ?? null,
    ),
    counter("oom_kills", "Processes of its control group killed for memory", cgroup.oomKills()),
  ];
}

function gauge(name: string, help: string, value: number | null): Family | null {
  return family({ name: `onrush_worker_${name}`, help, type: "gauge" }, value);
}

function counter(name: string, help: string, value: number | null): Family | null {
  return family({ name: `onrush_worker_${name}_total`, help, type: "counter" }, value);
}

function family(what: Omit<Family, "samples">, value: number | null): Family | null {
  return value === null ? null : { ...what, samples: [{ labels: {}, value }] };
}
