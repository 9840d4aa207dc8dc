/**
 * A plain server on the ws package with the faults of a behaviour document that it knows. Started by registry.ts; takes
 * behaviours as lines of stdin, says where it listens on stdout, and then when the first client has come.
 * Invariant: what it does not know it does not ignore: it ends.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { parseArgs } from "node:util";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { monotonicUs } from "../../../shared/time/clock.ts";
import { DelayQueue } from "../../../target/behaviour/delay-queue.ts";
import { standStill } from "../../../target/behaviour/pause.ts";
import { burn } from "../../../target/behaviour/process/burden.ts";
import { TokenBucket } from "../../../target/behaviour/token-bucket.ts";
import { type Behaviour, parseBehaviour } from "../../../target/behaviour-schema.ts";
import { Dials, fixedMs, refuseUnknown } from "./dials.ts";

const behaviourOf = (given: unknown): Behaviour => {
  const result = parseBehaviour(given);
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.behaviour;
};

interface Client {
  readonly socket: WebSocket;
  readonly tcp: Socket;
  messages: number;
  lastInUs: number;
  bucket: TokenBucket | null;
  timers: NodeJS.Timeout[];
}

const { values } = parseArgs({
  options: {
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
    /** It tells clients who it is. */
    name: { type: "string" },
  },
});
let dials = new Dials(behaviourOf({}));
let pausing: NodeJS.Timeout | undefined;
const clients = new Set<Client>();
/** Replies that are due later, in the order of their times. */
const waiting = new DelayQueue();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const http = httpServer(values["tls-cert"], values["tls-key"]);
if (values.name !== undefined) {
  const line = `X-Served-By: ${values.name}`;
  sockets.on("headers", (lines) => lines.push(line));
}

function httpServer(cert: string | undefined, key: string | undefined) {
  const answer = (_: unknown, response: ServerResponse) => response.writeHead(426).end();
  if (cert === undefined || key === undefined) return createServer(answer);
  return createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }, answer);
}

/** An answer in place of the 101. */
function refuse(tcp: Socket, status: number, lines: readonly string[] = []): void {
  const head = [`HTTP/1.1 ${status} Refused`, "Connection: close", "Content-Length: 0", ...lines];
  tcp.end(`${head.join("\r\n")}\r\n\r\n`);
}

function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
  const tcp = stream as Socket;
  tcp.on("error", () => tcp.destroy());
  const refusal = dials.refusal();
  if (refusal === "hang") return;
  if (refusal !== null) {
    refuse(tcp, refusal.status, refusal.lines);
    return;
  }
  const { cap } = dials.behaviour;
  const isFull = cap !== undefined && clients.size >= cap.connections;
  if (isFull && cap.status !== undefined) refuse(tcp, cap.status);
  else {
    sockets.handleUpgrade(request, tcp, head, (socket) => {
      if (isFull) socket.close(cap.close ?? 1013, cap.reason);
      else accept(socket, tcp);
    });
  }
}

let isFirst = true;

function accept(socket: WebSocket, tcp: Socket): void {
  const client: Client = {
    socket,
    tcp,
    messages: 0,
    lastInUs: monotonicUs(),
    bucket: null,
    timers: [],
  };
  clients.add(client);
  if (isFirst) process.stdout.write('{"accepted":true}\n');
  isFirst = false;
  socket.on("error", () => {});
  socket.on("close", () => {
    clients.delete(client);
    for (const timer of client.timers) clearTimeout(timer);
  });
  socket.on("message", (data, isBinary) => onMessage(client, data, isBinary));
  watch(client);
  if (dials.isZombie()) socket.pause();
}

/** Ages, idle times and messages count from now. */
function watch(client: Client): void {
  for (const timer of client.timers) clearTimeout(timer);
  client.timers = [];
  client.messages = 0;
  client.lastInUs = monotonicUs();
  const { rate } = dials.behaviour.limits;
  client.bucket =
    rate === undefined ? null : new TokenBucket(rate.perSec, rate.burst ?? rate.perSec);
  for (const rule of dials.behaviour.close) {
    if (rule.afterMs !== undefined) {
      client.timers.push(setTimeout(() => end(client, rule), fixedMs(rule.afterMs)));
    } else if (rule.idleMs !== undefined) untilIdle(client, rule.idleMs, rule);
  }
}

type Ending = Pick<Behaviour["close"][number], "how" | "code" | "reason">;

function untilIdle(client: Client, idleMs: number, rule: Ending): void {
  const leftMs = idleMs - (monotonicUs() - client.lastInUs) / 1000;
  if (leftMs <= 0) end(client, rule);
  else client.timers.push(setTimeout(() => untilIdle(client, idleMs, rule), leftMs));
}

function end({ socket, tcp }: Client, { how, code, reason }: Ending): void {
  if (how === "reset") tcp.resetAndDestroy();
  else if (how === "end") socket.terminate();
  else socket.close(code ?? undefined, reason);
}

function onMessage(client: Client, data: RawData, isBinary: boolean): void {
  const { limits, reply, close } = dials.behaviour;
  const payload = data as Buffer;
  client.lastInUs = monotonicUs();
  client.messages += 1;
  if (payload.length > limits.maxMessageBytes) {
    client.socket.close(1009, "too big");
    return;
  }
  if (client.bucket?.take(client.lastInUs) === false) {
    client.socket.close(limits.rate?.code ?? 1008, limits.rate?.reason);
    return;
  }
  if (reply.cpuMs > 0) burn(reply.cpuMs);
  if (!dials.drops()) {
    const dueUs = dials.dueUs(client.lastInUs, isBinary ? null : payload);
    const times = dials.doubles() ? 2 : 1;
    const fire = (): void => {
      for (let time = 0; time < times; time++) client.socket.send(payload, { binary: isBinary });
    };
    // What is due already goes first, or a late timer would reorder replies.
    waiting.fireDue(client.lastInUs);
    if (dueUs <= client.lastInUs || !waiting.push({ dueUs, order: 0, fire })) fire();
  }
  const quota = close.find(({ afterMessages }) => afterMessages !== undefined);
  if (quota?.afterMessages === client.messages) end(client, quota);
}

/** Stands still every so often, as a garbage collector does. */
function pause(): void {
  clearTimeout(pausing);
  const { pause: given } = dials.behaviour;
  if (given?.mode !== "block") return;
  const again = (afterMs: number): void => {
    pausing = setTimeout(() => {
      const nextUs = monotonicUs() + 1000 * given.everyMs;
      standStill(given.forMs);
      again((nextUs - monotonicUs()) / 1000);
    }, afterMs);
  };
  again(given.afterMs ?? given.everyMs);
}

/** Loses everybody, and the port for a while. */
function outage(port: number): void {
  const { outage: given } = dials.behaviour;
  if (given === undefined) return;
  setTimeout(() => {
    http.close();
    for (const client of clients) end(client, given);
    setTimeout(() => http.listen(port, "127.0.0.1"), given.forMs);
  }, given.afterMs);
}

http.on("upgrade", onUpgrade);
http.listen(0, "127.0.0.1", () => {
  const { port } = http.address() as AddressInfo;
  const scheme = values["tls-cert"] === undefined ? "ws" : "wss";
  process.stdout.write(`${JSON.stringify({ url: `${scheme}://127.0.0.1:${port}` })}\n`);
  createInterface({ input: process.stdin }).on("line", (line) => {
    const given: unknown = JSON.parse(line);
    refuseUnknown(given);
    dials = new Dials(behaviourOf(given));
    for (const client of clients) watch(client);
    pause();
    outage(port);
    process.stdout.write('{"behaving":true}\n');
  });
});
process.on("SIGTERM", () => process.exit(0));
