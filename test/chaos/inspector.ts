/**
 * Ends one engine thread of a worker from outside, through the inspector the worker was started with: as near to kill -9 as
 * a thread can get. Used by faults.ts. Invariant: the worker's own code has no part in it.
 */
import { once } from "node:events";
import { WebSocket } from "ws";

interface Attached {
  readonly method?: string;
  readonly params?: { readonly sessionId?: string };
}

/** @param url of the worker's debugger, as it printed it */
export async function killEngine(url: string): Promise<void> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  let next = 1;
  const send = (method: string, params: object) =>
    socket.send(JSON.stringify({ id: next++, method, params }));
  const attached = new Promise<string>((resolve) => {
    socket.on("message", (data) => {
      const { method, params } = JSON.parse(String(data)) as Attached;
      if (method === "NodeWorker.attachedToWorker") resolve(params?.sessionId ?? "");
    });
  });
  send("NodeWorker.enable", { waitForDebuggerOnStart: false });
  const sessionId = await attached;
  const message = JSON.stringify({
    id: 1,
    method: "Runtime.evaluate",
    params: { expression: "process.exit(9)" },
  });
  send("NodeWorker.sendMessageToWorker", { sessionId, message });
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.terminate();
}
