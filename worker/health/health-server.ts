/**
 * HTTP for whoever looks after a worker's process: /livez, /readyz and /metrics. Opened by main.ts, on the control thread: an
 * answer proves that this thread turns, and says nothing of the engines, which may be as busy as they like.
 * Anybody who reaches the port may ask. Invariant: requests change nothing, and what strangers can take is bounded:
 * connections, header bytes, time, and one request per connection. Too many connections cost the oldest one its place, so
 * that idle ones cannot keep a probe out.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Cgroup } from "../../shared/cgroup/cgroup.ts";
import { OnrushError } from "../../shared/errors.ts";
import { EXPOSITION_TYPE, exposition } from "../../shared/exposition.ts";
import { workerFamilies } from "./worker-metrics.ts";
import { type WorkerState, whyNotReady } from "./worker-state.ts";

export interface HealthAddress {
  /** null: all addresses of this machine. */
  readonly host: string | null;
  /** 0: one that is free. */
  readonly port: number;
}

export interface HealthServer {
  /** The port it listens on. */
  readonly port: number;
  close(): void;
}

/** What it tells of. */
export interface HealthSource {
  readonly state: () => WorkerState;
  readonly cgroup: Cgroup;
}

const MAX_CONNECTIONS = 16;
const MAX_HEADER_BYTES = 8192;
/** For a request to arrive, and for its answer to be read. */
const REQUEST_MS = 5000;
const PLAIN = "text/plain; charset=utf-8";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** @throws OnrushError ONRUSH_ADDRESS_UNUSABLE */
export async function openHealth(
  address: HealthAddress,
  source: HealthSource,
): Promise<HealthServer> {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: 1000,
  };
  const server = createServer(options, (request, response) => answer(request, response, source));
  server.setTimeout(REQUEST_MS);
  // What is no HTTP request gets no answer.
  server.on("clientError", (_error, socket) => socket.destroy());
  boundConnections(server);
  const port = await listen(server, address);
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, source: HealthSource): void {
  const { status, type, text } = answerTo(request, source);
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    connection: "close",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

function answerTo({ method, url = "" }: IncomingMessage, source: HealthSource): Answer {
  if (method !== "GET" && method !== "HEAD") return plain(405, "GET and HEAD only");
  switch (url.split("?", 1)[0]) {
    case "/livez":
      return plain(200, "ok");
    case "/readyz": {
      const why = whyNotReady(source.state());
      return why === null ? plain(200, "ok") : plain(503, why);
    }
    case "/metrics":
      return {
        status: 200,
        type: EXPOSITION_TYPE,
        text: exposition(workerFamilies(source.state(), source.cgroup)),
      };
    default:
      return plain(404, "there are /livez, /readyz and /metrics");
  }
}

function plain(status: number, text: string): Answer {
  return { status, type: PLAIN, text: `${text}\n` };
}

function boundConnections(server: Server): void {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    const [oldest] = open;
    if (open.size > MAX_CONNECTIONS && oldest !== undefined) {
      open.delete(oldest);
      oldest.destroy();
    }
  });
}

function listen(server: Server, { host, port }: HealthAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new OnrushError({
          code: "ONRUSH_ADDRESS_UNUSABLE",
          message: `The health endpoint cannot listen on ${host ?? ""}:${port}: ${cause.message}.`,
          remedy: "Choose another address: --health HOST:PORT, or ONRUSH_WORKER_HEALTH.",
          cause,
        }),
      );
    });
    server.listen({ port, ...(host === null ? {} : { host }) }, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}
