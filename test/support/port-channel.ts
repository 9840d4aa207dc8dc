/** A channel between two ends in one process: the ipc transport without a child. Used by tests of the bus. */
import type { MessagePort } from "node:worker_threads";
import type { Channel } from "../../shared/bus/ipc/channel.ts";

/** A channel over one port of a MessageChannel. It has no back-pressure: its ends share a process. */
export function portChannel(port: MessagePort): Channel {
  let open = true;
  const closeListeners: (() => void)[] = [];
  const finish = () => {
    if (!open) return;
    open = false;
    port.close();
    for (const listener of closeListeners) listener();
  };
  port.on("close", finish);
  return {
    post(message) {
      if (open) port.postMessage(message);
      return open;
    },
    onMessage(listener) {
      port.on("message", (message) => {
        if (open) listener(message);
      });
    },
    onClose(listener) {
      closeListeners.push(listener);
      if (!open) queueMicrotask(listener);
    },
    close: finish,
  };
}
