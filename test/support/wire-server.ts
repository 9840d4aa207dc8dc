/**
 * What two servers see of the connections of a load, in the same terms: a server of the ws package, and the bundled target, in this
 * process. Used by test/conformance/fault-wire-suite.ts. Invariant: all of it is what the server itself read and wrote; nothing is
 * from the generator.
 */

import { plainBehaviour } from "../../target/behaviour-schema.ts";
import { Connection } from "../../target/connection/connection.ts";
import { frameOf, Opcode } from "../../target/connection/frame.ts";
import { Opening } from "../../target/connection/opening.ts";
import type { Peer } from "../../target/connection/peer.ts";
import { serveAlone } from "../../target/serve.ts";
import { markedServer } from "./marked-server.ts";

/** One connection; times by the given clock. */
export interface WireConnection {
  /** The number in its path. */
  readonly index: number;
  readonly openedUs: number;
  readonly closedUs: number | null;
  /** 1006: no Close frame. */
  readonly code: number | null;
  /** Whole messages that came, payload bytes. */
  readonly messages: readonly Arrival[];
  /** Reads of the transport, without the bytes of TLS. */
  readonly reads: readonly Arrival[];
  /** Pings that the server sent, in order; null: not answered. */
  readonly pings: readonly { readonly sentUs: number; readonly answeredUs: number | null }[];
}

interface Arrival {
  readonly atUs: number;
  readonly bytes: number;
}

/** A transport, and what was asked for on it, as far as it came. */
export interface WireRequest {
  readonly beganUs: number;
  /** When the request was whole, and when the transport was over. */
  readonly askedUs: number | null;
  readonly goneUs: number | null;
  readonly head: string;
}

export interface WireServer {
  /** With the placeholder that marks each connection. */
  readonly url: string;
  readonly connections: readonly WireConnection[];
  readonly requests: readonly WireRequest[];
  /** A ping to every open connection. */
  ping(): void;
  close(): Promise<void>;
}

/** PEM; null: without TLS. */
export type WireTls = { readonly cert: string; readonly key: string } | null;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Seen implements WireConnection {
  readonly messages: Arrival[] = [];
  readonly reads: Arrival[] = [];
  readonly pings: Mutable<WireConnection["pings"][number]>[] = [];
  readonly index: number;
  readonly openedUs: number;
  closedUs: number | null = null;
  code: number | null = null;
  readonly send: (payload: Buffer) => void;

  constructor(
    { index, openedUs }: Pick<WireConnection, "index" | "openedUs">,
    send: (payload: Buffer) => void,
  ) {
    this.index = index;
    this.openedUs = openedUs;
    this.send = send;
  }

  ping(nowUs: number): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(this.pings.length);
    this.pings.push({ sentUs: nowUs, answeredUs: null });
    this.send(payload);
  }

  ponged(payload: Buffer, nowUs: number): void {
    const ping = payload.length === 2 ? this.pings[payload.readUInt16BE()] : undefined;
    if (ping !== undefined) ping.answeredUs ??= nowUs;
  }
}

/** A server of the ws package. */
export async function wsWireServer(nowUs: () => number, tls: WireTls): Promise<WireServer> {
  const connections: Seen[] = [];
  const server = await markedServer(
    nowUs,
    undefined,
    ({ index, openedUs, socket, transport }) => {
      const one = new Seen({ index, openedUs }, (payload) => socket.ping(payload));
      connections.push(one);
      transport.on("data", ({ length }: Buffer) =>
        one.reads.push({ atUs: nowUs(), bytes: length }),
      );
      socket.on("message", (data: Buffer) => {
        one.messages.push({ atUs: nowUs(), bytes: data.length });
      });
      socket.on("pong", (payload) => one.ponged(payload, nowUs()));
      socket.on("close", (code) => {
        one.closedUs = nowUs();
        one.code = code;
      });
    },
    tls,
  );
  return {
    ...{ url: server.url, connections, requests: server.requests },
    ping: () => pingAll(connections, nowUs()),
    close: () => Promise.resolve(server.close()),
  };
}

/** The bundled target: told of what its parts are called with. */
export async function targetWireServer(nowUs: () => number, tls: WireTls): Promise<WireServer> {
  const running = await serveAlone({
    ...{ host: "127.0.0.1", port: 0, processes: 1, backlog: 512, maxSockets: 10_000 },
    ...{ behaviour: plainBehaviour(), subprotocols: [], compression: false, tls },
  });
  const { target } = running;
  const connections: Seen[] = [];
  const byPeer = new Map<Peer, Seen>();
  const { opened, message, ended } = target;
  target.opened = (peer, request) => {
    const index = Number(/[?&]i=(\d+)/.exec(request.path)?.[1]);
    const one = new Seen({ index, openedUs: nowUs() }, (payload) => {
      peer.write(frameOf(Opcode.ping, payload));
    });
    connections.push(one);
    byPeer.set(peer, one);
    if (peer instanceof Connection) watch(peer, one, nowUs);
    opened.call(target, peer, request);
  };
  target.message = (peer, frame) => {
    byPeer.get(peer)?.messages.push({ atUs: nowUs(), bytes: frame.length });
    message.call(target, peer, frame);
  };
  target.ended = (peer, code, by) => {
    const one = byPeer.get(peer);
    if (one !== undefined) Object.assign(one, { closedUs: nowUs(), code });
    ended.call(target, peer, code, by);
  };
  const openings = watchOpenings(nowUs);
  return {
    url: `${tls === null ? "ws" : "wss"}://127.0.0.1:${running.port}/?i={{conn.index}}`,
    ...{ connections, requests: openings.requests },
    ping: () => pingAll(connections, nowUs()),
    async close() {
      await running.stop();
      openings.stop();
    },
  };
}

function pingAll(connections: readonly Seen[], nowUs: number): void {
  for (const one of connections) if (one.closedUs === null) one.ping(nowUs);
}

function watch(peer: Connection, one: Seen, nowUs: () => number): void {
  const { onShared, onOwned, echo, control } = peer;
  peer.onShared = (length) => {
    one.reads.push({ atUs: nowUs(), bytes: length });
    onShared.call(peer, length);
  };
  peer.onOwned = (bytes) => {
    one.reads.push({ atUs: nowUs(), bytes: bytes.length });
    onOwned.call(peer, bytes);
  };
  peer.echo = (run) => {
    const bytes = run.payloadBytes / run.messages;
    for (let at = 0; at < run.messages; at++) one.messages.push({ atUs: nowUs(), bytes });
    return echo.call(peer, run);
  };
  peer.control = (opcode, payload) => {
    if (opcode === Opcode.pong) one.ponged(payload, nowUs());
    control.call(peer, opcode, payload);
  };
}

/** All openings of this process, until stop(). */
function watchOpenings(nowUs: () => number) {
  const requests: Mutable<WireRequest>[] = [];
  const known = new WeakMap<Opening, Mutable<WireRequest>>();
  const { onOwned, onGone } = Opening.prototype;
  Opening.prototype.onOwned = function (this: Opening, bytes) {
    const one = known.get(this) ?? { beganUs: nowUs(), askedUs: null, goneUs: null, head: "" };
    if (!known.has(this)) requests.push(one);
    known.set(this, one);
    if (one.askedUs === null) one.head += bytes.toString("latin1");
    if (one.head.includes("\r\n\r\n")) one.askedUs ??= nowUs();
    onOwned.call(this, bytes);
  };
  Opening.prototype.onGone = function (this: Opening) {
    const one = known.get(this);
    if (one !== undefined) one.goneUs = nowUs();
    onGone.call(this);
  };
  return {
    requests,
    stop() {
      Object.assign(Opening.prototype, { onOwned, onGone });
    },
  };
}
