/**
 * Entry of a worker process: wires the control thread to the bus and the signals. Started by path, by the
 * coordinator's local cluster or by a person; imported by nobody.
 * Invariant: for a forked worker Ctrl-C is the coordinator's business, so SIGINT alone never ends one.
 */
import { extname } from "node:path";
import { type ExitCode, OnrushError } from "../shared/errors.ts";
import { createLog, outliveReaders } from "../shared/log.ts";
import { systemClock } from "../shared/time/clock.ts";
import { systemTimers } from "../shared/time/timer.ts";
import { readConfig } from "./config.ts";
import { Control } from "./control/control.ts";
import { engineThreads } from "./control/engine-thread.ts";
import { describeWorker } from "./control/membership.ts";
import { openWorkerBus } from "./control/open-bus.ts";
import { CONTROL_TIMINGS } from "./control/timings.ts";

const NAME = `worker ${process.pid}`;

outliveReaders();

async function main(): Promise<ExitCode> {
  const config = readConfig();
  // One that a person started says that it joined; a forked one only what went wrong.
  const log = createLog(NAME, config.bus === null ? "warn" : "info");
  if (config.bus === null) process.on("SIGINT", () => {});
  const control = new Control({
    bus: await openWorkerBus(config.bus, log),
    info: await describeWorker(config),
    rejoin: config.rejoin,
    timings: { ...CONTROL_TIMINGS, fenceAfterMs: config.fenceAfterMs, leaveMs: config.leaveMs },
    startEngine: engineThreads(
      new URL(`./engine/main${extname(import.meta.url)}`, import.meta.url),
      { rawLogDirectory: config.rawLog },
    ),
    clock: systemClock,
    timers: systemTimers,
    log,
  });
  process.on("SIGTERM", () => control.drain());
  if (config.bus !== null) process.on("SIGINT", () => control.drain());
  return control.serve();
}

try {
  process.exit(await main());
} catch (error) {
  if (!(error instanceof OnrushError)) throw error;
  createLog(NAME, "error").error(`${error.code} ${error.message} ${error.remedy}`);
  process.exit(error.exitCode);
}
