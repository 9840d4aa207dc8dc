/**
 * A raw TCP or TLS server that does exactly what a script says, valid or not: the other side of the driver
 * suite. Which script a connection gets is said by its request path. Loopback only.
 * Invariant: it keeps its own account of what the client put on the wire.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { CLOSE, type ClientFrame, ClientFrameReader, show, showClose } from "./server-frame.ts";

/** What the server does on one connection. */
export interface Script {
  /** Raw response; `{accept}` is replaced. Default: a valid 101. Null: no response at all. */
  readonly response?: string | null;
  /** What follows the response. */
  readonly frames?: readonly Buffer[];
  /** Send the response and the frames in pieces of so many bytes, each its own write. */
  readonly chop?: number;
  /** Send the frames together with the response in one write. */
  readonly glued?: boolean;
  /**
   * After the frames: answer a Close and end when the client has sent one (default), or end at once, reset
   * at once or at the client's first frame (libuv shows a reset as an end when data came just before it), or leave a Close without an answer and wait for the client to end ("wait"), or not even end then
   * ("never").
   */
  readonly ending?: "close" | "end" | "reset" | "reset-on-frame" | "wait" | "never";
  /** Bytes of the request to wait for before doing anything; default the whole head. 0: act on connect. */
  readonly afterBytes?: number;
}

/** What the server saw of one connection. */
export interface Account {
  requestHead: string;
  /** One line per client frame. */
  readonly wire: string[];
  readonly masks: number[];
  /** How the client's side ended: "" while open, "end", or the errno of a reset. */
  ended: string;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
}

export const VALID_RESPONSE =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Accept: {accept}\r\n\r\n";

const NAMES = new Map([
  [1, "text"],
  [2, "binary"],
  [9, "ping"],
  [10, "pong"],
]);

export class HostileServer {
  readonly #server: Server;
  readonly #scripts = new Map<string, Script>();
  readonly #accounts = new Map<string, Account>();
  readonly #sockets = new Set<Socket>();
  /** For a script that does not wait for a request path. */
  #immediate: { readonly path: string; readonly script: Script } | null = null;

  private constructor(tls: TlsOptions | null) {
    const onSocket = (socket: Socket) => this.#serve(socket);
    this.#server =
      tls === null
        ? createServer({ allowHalfOpen: true, noDelay: true }, onSocket)
        : createTlsServer(tls, onSocket);
    this.#server.on("tlsClientError", () => {});
  }

  static async start(tls: TlsOptions | null = null): Promise<HostileServer> {
    const server = new HostileServer(tls);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Sets what happens to the connection that asks for `path`. */
  script(path: string, script: Script): void {
    if (script.afterBytes !== undefined) this.#immediate = { path, script };
    this.#scripts.set(path, script);
  }

  account(path: string): Account {
    const account = this.#accounts.get(path);
    if (account === undefined) throw new Error(`nobody asked for ${path}`);
    return account;
  }

  /** Ends every connection at once. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.hangUp();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let head = "";
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const served: Served = {
      socket,
      account: { requestHead: "", wire: [], masks: [], ended: "", gone },
      reader: null,
      script: {},
    };
    socket.on("error", (error: NodeJS.ErrnoException) => {
      served.account.ended = error.code ?? error.message;
    });
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("end", () => {
      served.account.ended ||= "end";
      if (served.script.ending !== "never") socket.end();
    });
    const immediate = this.#immediate;
    if (immediate !== null) {
      this.#immediate = null;
      this.#accounts.set(immediate.path, served.account);
      served.script = immediate.script;
      if (immediate.script.afterBytes === 0) void act(served);
    }
    socket.on("data", (chunk: Buffer) => {
      if (served.reader !== null) {
        for (const frame of served.reader.take(chunk)) onFrame(served, frame);
        return;
      }
      head += chunk.toString("latin1");
      const enough = immediate?.script.afterBytes ?? Number.POSITIVE_INFINITY;
      if (immediate !== null && head.length >= enough && enough > 0) void act(served);
      if (immediate !== null || !head.includes("\r\n\r\n")) return;
      this.#begin(served, head);
    });
  }

  #begin(served: Served, head: string): void {
    const path = head.split(" ")[1] ?? "";
    const script = this.#scripts.get(path);
    if (script === undefined) {
      served.socket.destroy();
      return;
    }
    served.account.requestHead = head;
    served.reader = new ClientFrameReader();
    served.script = script;
    this.#accounts.set(path, served.account);
    void act(served);
  }
}

interface Served {
  readonly socket: Socket;
  readonly account: Account;
  reader: ClientFrameReader | null;
  script: Script;
}

async function act({ socket, account, script }: Served): Promise<void> {
  const response = script.response === undefined ? VALID_RESPONSE : (script.response ?? "");
  const key = /^sec-websocket-key: *(\S+)/im.exec(account.requestHead)?.[1] ?? "";
  const head = Buffer.from(response.replace("{accept}", acceptFor(key)), "latin1");
  const writes = script.glued
    ? [Buffer.concat([head, ...(script.frames ?? [])])]
    : [head, ...(script.frames ?? [])];
  for (const bytes of writes) {
    for (const piece of pieces(bytes, script.chop)) {
      if (!socket.writable) return;
      await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
    }
  }
  if (script.ending === "end") socket.end();
  if (script.ending === "reset") socket.resetAndDestroy();
}

function pieces(bytes: Buffer, size: number | undefined): Buffer[] {
  if (bytes.length === 0) return [];
  if (size === undefined) return [bytes];
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) found.push(bytes.subarray(at, at + size));
  return found;
}

function onFrame({ socket, account, script }: Served, frame: ClientFrame): void {
  account.masks.push(frame.maskKey);
  if (script.ending === "reset-on-frame") socket.resetAndDestroy();
  const bad = frame.fault === "" ? "" : ` (${frame.fault})`;
  if (frame.opcode !== CLOSE) {
    const name = NAMES.get(frame.opcode) ?? `opcode ${frame.opcode}`;
    account.wire.push(`${name} ${show(frame.payload)}${bad}`);
    return;
  }
  account.wire.push(`close ${showClose(frame.payload)}${bad}`);
  if (script.ending !== undefined && script.ending !== "close") return;
  const sentClose = script.frames?.some((bytes) => (bytes.readUInt8(0) & 0x0f) === CLOSE);
  if (!sentClose) {
    socket.write(Buffer.concat([Buffer.from([0x88, frame.payload.length]), frame.payload]));
  }
  socket.end();
}

/** RFC 6455 §4.2.2. */
export function acceptFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}
