/**
 * Entry of a worker process: wires the control thread to the bus and the signals. Started by path, by the
 * coordinator's local cluster or by a person; imported by nobody.
 * Invariant: for a forked worker Ctrl-C and a closed terminal are the coordinator's business, so neither ends one.
 */
import { extname } from "node:path";
import { Cgroup } from "../shared/cgroup/cgroup.ts";
import { leaveEndingToParent, onEndSignals } from "../shared/end-signals.ts";
import { ExitCode, OnrushError } from "../shared/errors.ts";
import { endWithParent } from "../shared/lifeline.ts";
import { createLog, type Log, outliveReaders } from "../shared/log.ts";
import { systemClock } from "../shared/time/clock.ts";
import { systemTimers } from "../shared/time/timer.ts";
import { INSECURE_WARNING } from "../shared/trust/cluster-key.ts";
import { readConfig, type WorkerConfig } from "./config.ts";
import { Control } from "./control/control.ts";
import { describeWorker } from "./control/membership.ts";
import { openWorkerBus } from "./control/open-bus.ts";
import { engineThreads } from "./execution/engine-thread.ts";
import { IsolatedBus } from "./execution/isolated-bus.ts";
import { Orders } from "./execution/orders.ts";
import { CONTROL_TIMINGS } from "./execution/timings.ts";
import { openHealth } from "./health/health-server.ts";
import { notJoined } from "./health/worker-state.ts";

const NAME = `worker ${process.pid}`;

outliveReaders();

async function main(): Promise<ExitCode> {
  const config = readConfig();
  // One that a person started says that it joined; a forked one only what went wrong.
  const log = createLog(NAME, config.bus === null ? "warn" : "info");
  if (config.bus === null) leaveEndingToParent();
  else endWithParent();
  if (config.withoutKey) log.warn(INSECURE_WARNING);
  let control: Control | null = null;
  // Whoever is asked to leave before it has joined holds nothing that others would have to take over.
  heedSignals(config, () => (control === null ? process.exit(ExitCode.passed) : control.drain()));
  const state = () => control?.state() ?? notJoined(config);
  if (config.health !== null) {
    const { port } = await openHealth(config.health, { state, cgroup: new Cgroup() });
    log.info(`health on port ${port}: /livez, /readyz, /metrics`);
  }
  control = await makeControl(config, log);
  return control.serve();
}

function heedSignals(config: WorkerConfig, leave: () => void): void {
  if (config.bus === null) process.on("SIGTERM", leave);
  else {
    onEndSignals((press) => (press > 2 ? process.exit(ExitCode.aborted) : leave()), {
      clock: systemClock,
    });
  }
}

async function makeControl(config: WorkerConfig, log: Log): Promise<Control> {
  const startEngine = engineThreads(
    new URL(`./engine/main${extname(import.meta.url)}`, import.meta.url),
    {
      worker: config.id,
      rawLogDirectory: config.rawLog,
      allowTargets: config.allowTargets,
      allowHooks: config.allowHooks,
    },
    // A forked worker was started for a run; others may wait for one for days.
    { heapMb: config.engineHeapMb, ahead: config.bus === null ? config.engines : 0 },
  );
  const bus = new IsolatedBus(await openWorkerBus(config, log), systemTimers);
  const orders = new Orders({ bus, allowed: config.allowFaults, timers: systemTimers, log });
  return new Control({
    ...{ bus, orders },
    info: await describeWorker(config),
    limits: config.limits,
    rejoin: config.rejoin,
    timings: { ...CONTROL_TIMINGS, fenceAfterMs: config.fenceAfterMs, leaveMs: config.leaveMs },
    startEngine: orders.reaching(startEngine),
    clock: systemClock,
    timers: systemTimers,
    log,
  });
}

main().then(process.exit, (error: unknown) => {
  if (!(error instanceof OnrushError)) throw error;
  createLog(NAME, "error").error(`${error.code} ${error.message} ${error.remedy}`);
  process.exit(error.exitCode);
});
