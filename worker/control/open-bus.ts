/**
 * Opens the bus this worker was started with; the one place that knows which transports a worker speaks.
 * Called by main.ts. A worker that was forked has a channel to its coordinator and uses the ipc bus.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { type ProcessPeer, processChannel } from "../../shared/bus/ipc/channel.ts";
import { IpcClient } from "../../shared/bus/ipc/ipc-client.ts";
import { OnrushError } from "../../shared/errors.ts";

/** @throws OnrushError ONRUSH_USAGE when there is no bus to open. */
export function openBus(): WorkerBus {
  const send = process.send?.bind(process);
  if (send === undefined) {
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: "This worker was started by itself: there is no coordinator at the other end.",
      remedy: "Use `onrush run`, which starts its own workers.",
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
  return new IpcClient(processChannel(peer));
}
