/**
 * A server of the ws package that tells connections apart by a number in their path (`/?i=NUMBER`), and keeps what became of each: the
 * oracle of tests about faults. Echoes.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** One connection as the server saw it; times by the given clock. */
export interface SeenConnection {
  readonly index: number;
  readonly openedUs: number;
  closedUs: number | null;
  /** 1006: no Close frame. */
  code: number | null;
  received: number;
  /** When each message came. */
  readonly arrivals: number[];
  pongs: number;
  /** What ws says is wrong with what came; "" for nothing. */
  error: string;
  readonly socket: WebSocket;
  readonly transport: Socket;
}

/** A transport, and what was asked for on it; times by the given clock. */
interface SeenRequest {
  readonly beganUs: number;
  /** null: there was no whole request. */
  index: number | null;
  /** When the request was whole, and when the transport was over. */
  askedUs: number | null;
  goneUs: number | null;
  /** What came of the request, as far as it came; MAX_HEAD_CHARS or so at most. */
  head: string;
}

const MAX_HEAD_CHARS = 4096;

export interface MarkedServer {
  /** With the placeholder that marks each connection. */
  readonly url: string;
  readonly seen: readonly SeenConnection[];
  /** Requests for an upgrade, refused ones too, and transports that came without one. */
  readonly requests: readonly SeenRequest[];
  /** Resets all connections, and those that come. */
  leave(): void;
  comeBack(): void;
  close(): void;
}

/** @param tls its certificate, if it has one */
export async function markedServer(
  nowUs: () => number,
  onMessage: (socket: WebSocket, data: Buffer, binary: boolean) => void = echo,
  onOpen: (one: SeenConnection, seen: readonly SeenConnection[]) => void = () => {},
  tls: { readonly cert: string; readonly key: string } | null = null,
): Promise<MarkedServer> {
  const http = tls === null ? createServer() : createSecureServer(tls);
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  let isAway = false;
  const requests: SeenRequest[] = [];
  const byTransport = new WeakMap<Socket, { one: SeenRequest; read: (bytes: Buffer) => void }>();
  // Of those with TLS: once that has come about.
  http.on(tls === null ? "connection" : "secureConnection", (transport: Socket) => {
    const one: SeenRequest = {
      ...{ beganUs: nowUs(), index: null, askedUs: null, goneUs: null, head: "" },
    };
    requests.push(one);
    const read = (bytes: Buffer) => {
      if (one.head.length < MAX_HEAD_CHARS) one.head += bytes.toString("latin1");
    };
    transport.on("data", read);
    byTransport.set(transport, { one, read });
    transport.on("close", () => {
      one.goneUs = nowUs();
    });
    if (isAway) transport.resetAndDestroy();
  });
  http.on("upgrade", (request) => {
    const known = byTransport.get(request.socket);
    if (known === undefined) return;
    const { one, read } = known;
    request.socket.off("data", read);
    one.index = markOf(request);
    one.askedUs = nowUs();
  });
  const seen: SeenConnection[] = [];
  server.on("connection", (socket: WebSocket, request: IncomingMessage) => {
    const index = markOf(request);
    const one: SeenConnection = {
      ...{
        index,
        openedUs: nowUs(),
        closedUs: null,
        code: null,
        received: 0,
        arrivals: [],
        error: "",
        pongs: 0,
      },
      ...{ socket, transport: request.socket },
    };
    seen.push(one);
    onOpen(one, seen);
    socket.on("error", (error: Error & { readonly code?: string }) => {
      one.error = error.code ?? error.message;
    });
    socket.on("pong", () => one.pongs++);
    socket.on("close", (code) => {
      one.closedUs = nowUs();
      one.code = code;
    });
    socket.on("message", (data, binary) => {
      one.received++;
      one.arrivals.push(nowUs());
      onMessage(socket, data as Buffer, binary);
    });
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `${tls === null ? "ws" : "wss"}://127.0.0.1:${port}/?i={{conn.index}}`,
    seen,
    requests,
    leave() {
      isAway = true;
      for (const one of seen) one.transport.resetAndDestroy();
    },
    comeBack() {
      isAway = false;
    },
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
      http.close();
    },
  };
}

function markOf({ url }: IncomingMessage): number {
  return Number(new URL(url ?? "/", "ws://a").searchParams.get("i"));
}

function echo(socket: WebSocket, data: Buffer, binary: boolean): void {
  socket.send(data, { binary });
}
