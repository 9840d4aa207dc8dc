/**
 * Opens the bus this worker was started with. Called by main.ts. A worker that was told an address uses it; one that
 * was forked has a channel to its coordinator and uses the ipc bus.
 */
import { assert } from "../../shared/assert.ts";
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { type ProcessPeer, processChannel } from "../../shared/bus/ipc/channel.ts";
import { IpcClient } from "../../shared/bus/ipc/ipc-client.ts";
import { openBus } from "../../shared/bus/open-bus.ts";
import { openPatiently } from "../../shared/bus/open-patiently.ts";
import { SignedWorkerBus, type SigningOptions } from "../../shared/bus/signed/signed-bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import type { WorkerConfig } from "../config.ts";

/**
 * Waits for a server that is not there yet, as long as it takes.
 * @throws OnrushError ONRUSH_USAGE when there is no bus to open, ONRUSH_BUS_UNSUITABLE
 */
export async function openWorkerBus(
  { bus: address, keys }: Pick<WorkerConfig, "bus" | "keys">,
  log: Log,
): Promise<WorkerBus> {
  if (address === null) return parentBus({ keys, clock: systemClock, log });
  const timers = systemTimers;
  const opened = await openPatiently(() => openBus(address, "worker", { timers, keys, log }), {
    timers,
    log,
  });
  assert(opened !== null, "nobody ends this wait");
  return opened;
}

function parentBus(signing: SigningOptions): WorkerBus {
  const send = process.send?.bind(process);
  if (send === undefined) {
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: "This worker was started by itself: there is no coordinator at the other end.",
      remedy:
        "Say where the bus is: `onrush worker --bus redis://…`. `onrush run` alone starts its own workers.",
    });
  }
  const peer: ProcessPeer = {
    get connected() {
      return process.connected;
    },
    send: (message, callback) => send(message, undefined, undefined, callback),
    disconnect: () => process.disconnect(),
    on: (event: "message" | "disconnect", listener: (message: unknown) => void) =>
      process.on(event, listener),
    off: (event, listener) => process.off(event, listener),
  };
  return new SignedWorkerBus(new IpcClient(processChannel(peer)), signing);
}
