/**
 * A connection of a driver, with a link that tests put in and take out, and a server of the ws package at its other end; both send
 * numbered random messages, and what each has sent and got is kept as digests. Used by tests of links.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type WebSocket, WebSocketServer } from "ws";
import type { LinkCondition } from "../../shared/scenario/sections/faults/link-condition.ts";
import { monotonicUs } from "../../shared/time/clock.ts";
import {
  asFaulty,
  type Endpoint,
  type FaultySocket,
  type SocketOwner,
} from "../../worker/socket/driver.ts";
import { leanDriver } from "../../worker/socket/lean/lean-driver.ts";
import { Link, type LinkHost } from "../../worker/socket/link/link.ts";
import { wsDriver } from "../../worker/socket/ws/ws-driver.ts";
import { makeAuthority, makeLeaf } from "../conformance/certificates.ts";
import { endpointAt, PLAIN_TLS, sendOn } from "../conformance/driver-trace.ts";

interface Listening {
  readonly server: Server;
  readonly sockets: WebSocketServer;
  readonly port: number;
}

let servers: { readonly plain: Listening; readonly tls: Listening; readonly ca: string } | null =
  null;

async function listen(server: Server): Promise<Listening> {
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, sockets, port: (server.address() as AddressInfo).port };
}

export async function startPairs(): Promise<void> {
  const authority = makeAuthority("Onrush test authority");
  const leaf = makeLeaf(authority, { name: "localhost", ips: ["127.0.0.1"] });
  const options = { cert: leaf.cert, key: leaf.key };
  servers = {
    plain: await listen(createServer()),
    tls: await listen(createTlsServer(options)),
    ca: authority.cert,
  };
}

/** Of the server with TLS, whose certificate the endpoint accepts. */
export function tlsEndpoint(): Endpoint {
  if (servers === null) throw new Error("startPairs was not called");
  return endpointAt(servers.tls.port, { secure: true, tls: { ...PLAIN_TLS, ca: servers.ca } });
}

export function stopPairs(): void {
  for (const { server, sockets } of [servers?.plain, servers?.tls].filter((one) => !!one)) {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
    server.close();
  }
}

class Way {
  readonly sent: string[] = [];
  readonly received: string[] = [];

  make(size: number): Buffer {
    const payload = Buffer.alloc(size, this.sent.length & 255);
    if (size >= 4) payload.writeUInt32BE(this.sent.length);
    this.sent.push(digest(payload));
    return payload;
  }

  got(payload: Buffer): void {
    this.received.push(digest(payload));
  }
}

function digest(payload: Buffer): string {
  return createHash("sha1").update(payload).digest("hex");
}

export class LinkedPair implements LinkHost, SocketOwner {
  readonly toTarget = new Way();
  readonly toClient = new Way();
  /** Links that were put in. */
  links = 0;
  readonly earlyUs = 500;
  readonly lines: string[] = [];
  target: WebSocket | null = null;
  socket: FaultySocket | null = null;
  readonly #driver: typeof leanDriver;
  #link: Link | null = null;
  #dueUs = Number.POSITIVE_INFINITY;
  readonly #turns: NodeJS.Timeout;
  #isHeld = false;
  #draws = 0;
  #transport: Socket | null = null;

  constructor(driver: "lean" | "ws") {
    this.#driver = driver === "lean" ? leanDriver : wsDriver;
    this.#turns = setInterval(() => {
      if (this.nowUs() < this.#dueUs) return;
      this.#dueUs = Number.POSITIVE_INFINITY;
      this.#link?.turn();
    }, 1);
  }

  get isLinked(): boolean {
    return this.#link !== null;
  }

  get isComplete(): boolean {
    const { toTarget, toClient } = this;
    return (
      !this.isLinked &&
      toTarget.received.length >= toTarget.sent.length &&
      toClient.received.length >= toClient.sent.length
    );
  }

  async open(secure: boolean): Promise<void> {
    if (servers === null) throw new Error("startPairs was not called");
    const { port, sockets } = secure ? servers.tls : servers.plain;
    const accepted = new Promise<WebSocket>((resolve) => {
      sockets.once("connection", (target: WebSocket, { socket }: IncomingMessage) => {
        this.#transport = socket;
        resolve(target);
      });
    });
    const endpoint = endpointAt(port, { secure, tls: { ...PLAIN_TLS, ca: servers.ca } });
    const opened = new Promise<void>((resolve) => {
      this.#opened = resolve;
    });
    const socket = this.#driver.open(
      { endpoint, path: "/", address: "127.0.0.1", localAddress: null, headers: [] },
      this,
    );
    this.target = await accepted;
    this.target.on("message", (data) => this.toTarget.got(data as Buffer));
    this.target.on("close", (code) => this.lines.push(`target closed ${code}`));
    await opened;
    this.socket = asFaulty(socket);
  }

  send(size: number): void {
    const payload = this.toTarget.make(size);
    if (this.socket) sendOn(this.#driver, this.socket, { payload, binary: true });
  }

  receive(size: number): void {
    this.target?.send(this.toClient.make(size));
  }

  /** The target ends the transport by RST. */
  reset(): void {
    this.#transport?.resetAndDestroy();
  }

  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.socket?.gate.hold(isHeld);
  }

  add(condition: LinkCondition): void {
    if (this.#link === null) {
      this.links++;
      const draw = () => ((this.#draws++ * 7919) % 1000) / 1000;
      const { socket } = this;
      if (socket === null) throw new Error("not open");
      const draws = { in: draw, out: draw };
      this.#link = new Link(this, { id: 0, draws, tap: (sink) => socket.tap(sink) });
    }
    this.#link.add(condition);
  }

  remove(condition: LinkCondition): void {
    this.#link?.remove(condition);
  }

  async wait(ms: number): Promise<void> {
    await delay(ms);
  }

  close(): void {
    clearInterval(this.#turns);
    this.socket?.abort(true);
    this.target?.terminate();
  }

  nowUs(): number {
    return monotonicUs();
  }

  schedule(_link: Link, dueUs: number): void {
    this.#dueUs = dueUs;
  }

  cut(): void {
    this.lines.push("cut");
    this.socket?.abort(true);
  }

  gone(link: Link): void {
    if (this.#link === link) this.#link = null;
  }

  #opened: () => void = () => {};

  onStage(): void {}

  onOpen(): void {
    this.#opened();
  }

  onFail(kind: string, signature: string): void {
    throw new Error(`${kind}: ${signature}`);
  }

  onMessage(data: Buffer, start: number, end: number): void {
    this.toClient.got(data.subarray(start, end));
  }

  onPong(): void {}

  onClosing(): void {
    this.lines.push("closing");
  }

  onClosed({ code, errno }: Parameters<SocketOwner["onClosed"]>[0]): void {
    this.lines.push(`closed ${code} ${errno}`.trimEnd());
  }
}

export async function linkedPair(driver: "lean" | "ws", secure: boolean): Promise<LinkedPair> {
  const pair = new LinkedPair(driver);
  await pair.open(secure);
  return pair;
}
