/**
 * A worker like worker/main.ts whose results are altered on their way: one count of one frame is one too many. Started by
 * chaos episodes, to see that the coordinator notices. Imported by nobody.
 */
import { createLog } from "../../shared/log.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { decodeFrame, encodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { readConfig } from "../../worker/config.ts";
import { Control } from "../../worker/control/control.ts";
import { describeWorker } from "../../worker/control/membership.ts";
import { openWorkerBus } from "../../worker/control/open-bus.ts";
import { engineThreads } from "../../worker/execution/engine-thread.ts";
import { CONTROL_TIMINGS } from "../../worker/execution/timings.ts";

const ALTERED_SEQ = 9;
const log = createLog(`altering worker ${process.pid}`, "warn");

const config = readConfig();
const bus = await openWorkerBus(config, log);
const append = bus.appendFrame.bind(bus);
bus.appendFrame = (id, body, floor) =>
  append(id, id.seq === ALTERED_SEQ ? oneTooMany(body) : body, floor);
const control = new Control({
  bus,
  info: await describeWorker(config),
  limits: config.limits,
  rejoin: config.rejoin,
  timings: { ...CONTROL_TIMINGS, fenceAfterMs: config.fenceAfterMs, leaveMs: config.leaveMs },
  startEngine: engineThreads(new URL("../../worker/engine/main.js", import.meta.url), {
    worker: config.id,
    rawLogDirectory: config.rawLog,
    allowTargets: config.allowTargets,
    allowHooks: config.allowHooks,
  }),
  clock: systemClock,
  timers: systemTimers,
  log,
});
process.on("SIGTERM", () => control.drain());
process.exit(await control.serve());

function oneTooMany(body: Uint8Array): Uint8Array {
  const frame = decodeFrame(body);
  const [first, ...rest] = frame.phases;
  if (first === undefined) return body;
  const counters = first.counters.map((count, at) => (at === 0 ? (count ?? 0) + 1 : count));
  return encodeFrame({ ...frame, phases: [{ ...first, counters }, ...rest] });
}
