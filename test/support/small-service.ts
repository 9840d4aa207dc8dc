/** A WebSocket service of a test's own on a free port of loopback, which ends with the scope. */
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";

interface SmallService extends AsyncDisposable {
  /** Without a path. */
  readonly url: string;
}

interface ServiceOptions extends ServerOptions {
  /** What it says to a request that is no upgrade. */
  readonly answer?: RequestListener;
}

/** @param greet called with each connection and its number, from 0 */
export async function serve(
  greet: (socket: WebSocket, number: number, request: IncomingMessage) => void,
  { answer = refuse, ...options }: ServiceOptions = {},
): Promise<SmallService> {
  const http = createServer(answer);
  const server = new WebSocketServer({ server: http, ...options });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  let accepted = 0;
  server.on("connection", (socket, request) => {
    socket.on("error", () => {});
    greet(socket, accepted++, request);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      http.close();
      http.closeAllConnections();
      await once(http, "close");
    },
  };
}

function refuse(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426).end();
}

/** Hears what a client says, as text. */
export function onText(socket: WebSocket, heard: (text: string) => void): void {
  socket.on("message", (data) => heard(String(data)));
}

/** Hears what a client says, as JSON: what its scenario sends. */
export function onJson<Message>(socket: WebSocket, heard: (m: Message) => void): void {
  onText(socket, (text) => heard(JSON.parse(text) as Message));
}

export function sayJson(socket: WebSocket, value: unknown): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(value));
}
