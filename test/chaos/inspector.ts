/**
 * Reaches into the threads of a worker from outside, through the inspector the worker was started with: to end an engine as
 * near to kill -9 as a thread can get, or to keep a thread busy. Used by faults.ts and tests of the worker's health.
 * Invariant: the worker's own code has no part in it.
 */
import { once } from "node:events";
import { WebSocket } from "ws";

interface Attached {
  readonly method?: string;
  readonly params?: { readonly sessionId?: string };
}

/** @param url of the worker's debugger, as it printed it */
export function killEngine(url: string): Promise<void> {
  return inEngine(url, "process.exit(9)");
}

/** Has the first engine thread evaluate something, and does not wait for it. @param url of the worker's debugger */
export async function inEngine(url: string, expression: string): Promise<void> {
  const { socket, send } = await attach(url);
  const attached = new Promise<string>((resolve) => {
    socket.on("message", (data) => {
      const { method, params } = JSON.parse(String(data)) as Attached;
      if (method === "NodeWorker.attachedToWorker") resolve(params?.sessionId ?? "");
    });
  });
  send("NodeWorker.enable", { waitForDebuggerOnStart: false });
  const sessionId = await attached;
  const message = JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression } });
  send("NodeWorker.sendMessageToWorker", { sessionId, message });
  await sent(socket);
}

/** The same in the control thread. */
export async function inControl(url: string, expression: string): Promise<void> {
  const { socket, send } = await attach(url);
  send("Runtime.evaluate", { expression });
  await sent(socket);
}

async function attach(url: string) {
  const socket = new WebSocket(url);
  await once(socket, "open");
  let next = 1;
  const send = (method: string, params: object) =>
    socket.send(JSON.stringify({ id: next++, method, params }));
  return { socket, send };
}

async function sent(socket: WebSocket): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.terminate();
}
