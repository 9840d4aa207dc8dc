/**
 * What the target's tests share: a target in this process, ws clients that remember what they got, and a
 * raw socket for what no proper client would send. Everything is real and on loopback.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { type Behaviour, parseBehaviour } from "../../../target/behaviour-schema.ts";
import type { TargetConfig } from "../../../target/config.ts";
import { type Running, serveAlone } from "../../../target/serve.ts";
import type { StatsReport } from "../../../target/stats.ts";

export function behaviourOf(document: unknown): Behaviour {
  const result = parseBehaviour(document);
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.behaviour;
}

export interface Served extends Running {
  readonly url: string;
  readonly httpUrl: string;
  stats(query?: string): Promise<StatsReport & Record<string, unknown>>;
}

export async function serve(
  document: unknown = {},
  config: Partial<TargetConfig> = {},
): Promise<Served> {
  const running = await serveAlone({
    host: "127.0.0.1",
    port: 0,
    processes: 1,
    backlog: 512,
    maxSockets: 10_000,
    behaviour: behaviourOf(document),
    subprotocols: [],
    compression: false,
    tls: null,
    ...config,
  });
  const httpUrl = `http://127.0.0.1:${running.port}`;
  return {
    ...running,
    url: `ws://127.0.0.1:${running.port}`,
    httpUrl,
    stats: async (query = "") => {
      const response = await fetch(`${httpUrl}/stats${query}`);
      return (await response.json()) as StatsReport & Record<string, unknown>;
    },
  };
}

export interface Got {
  readonly data: Buffer;
  readonly isBinary: boolean;
  readonly atMs: number;
}

/** A ws client that keeps every message, pong and the end. */
export class Client {
  readonly got: Got[] = [];
  readonly pongs: string[] = [];
  closed: { code: number; reason: string } | null = null;
  error: Error | null = null;
  readonly socket: WebSocket;

  constructor(
    url: string,
    options: { protocols?: string[]; deflate?: boolean; headers?: Record<string, string> } = {},
  ) {
    this.socket = new WebSocket(url, options.protocols ?? [], {
      perMessageDeflate: options.deflate ?? false,
      rejectUnauthorized: false,
      headers: options.headers ?? {},
    });
    this.socket.on("message", (data: Buffer, isBinary) => {
      this.got.push({ data, isBinary, atMs: performance.now() });
    });
    this.socket.on("pong", (payload) => this.pongs.push(payload.toString()));
    this.socket.on("error", (error) => {
      this.error = error;
    });
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  static async open(url: string, options = {}): Promise<Client> {
    const client = new Client(url, options);
    await once(client.socket, "open");
    return client;
  }

  texts(): string[] {
    return this.got.map(({ data }) => data.toString());
  }

  json(): Record<string, unknown>[] {
    return this.texts().map((text) => JSON.parse(text) as Record<string, unknown>);
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.socket.close(1000);
    await until(() => this.closed !== null);
  }
}

/** Waits until something holds; fails after ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>, what = "it"): Promise<void> {
  for (let waited = 0; waited < 2000; waited += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${what} did not come to hold: ${holds.toString()}`);
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** A client's frame, masked; every part can be made wrong. */
export function clientFrame(
  opcode: number,
  payload: Uint8Array,
  options: { fin?: boolean; rsv?: number; masked?: boolean; lengthForm?: 0 | 126 | 127 } = {},
): Buffer {
  const { fin = true, rsv = 0, masked = true } = options;
  const form =
    options.lengthForm ?? (payload.length < 126 ? 0 : payload.length < 65536 ? 126 : 127);
  const extra = form === 0 ? 0 : form === 126 ? 2 : 8;
  const head = Buffer.alloc(2 + extra);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (form === 0 ? payload.length : form);
  if (form === 126) head.writeUInt16BE(payload.length, 2);
  if (form === 127) head.writeBigUInt64BE(BigInt(payload.length), 2);
  if (!masked) return Buffer.concat([head, payload]);
  const key = Buffer.from([0x11, 0xa2, 0x33, 0xf4]);
  const body = Buffer.from(payload);
  for (let at = 0; at < body.length; at += 1) body[at] = body[at]! ^ key[at & 3]!;
  return Buffer.concat([head, key, body]);
}

/** A raw TCP client: what came in, as bytes. */
export class Raw {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  ended = false;
  closed = false;
  error = "";

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (data) => {
      this.received = Buffer.concat([this.received, data]);
    });
    this.socket.on("end", () => {
      this.ended = true;
    });
    this.socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? "";
    });
    this.socket.on("close", () => {
      this.closed = true;
    });
  }

  static request(headers = ""): string {
    return `GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${headers}\r\n`;
  }

  /** An upgraded connection; `received` starts after the 101. */
  static async open(port: number): Promise<Raw> {
    const raw = new Raw(port);
    raw.socket.write(Raw.request());
    await raw.upgraded();
    return raw;
  }

  async upgraded(): Promise<void> {
    await until(() => this.received.includes("\r\n\r\n"), "the answer");
    const end = this.received.indexOf("\r\n\r\n");
    if (!this.received.toString("latin1").startsWith("HTTP/1.1 101 ")) {
      throw new Error(`not upgraded: ${this.received.toString("latin1")}`);
    }
    this.received = this.received.subarray(end + 4);
  }

  /** The first frame received, when it is whole: [first byte, payload]. */
  frame(): [number, Buffer] | null {
    const bytes = this.received;
    if (bytes.length < 2) return null;
    const short = bytes[1]! & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < start) return null;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(2)
          : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return null;
    return [bytes[0]!, bytes.subarray(start, start + length)];
  }

  async nextFrame(): Promise<[number, Buffer]> {
    await until(() => this.frame() !== null, "a frame");
    const frame = this.frame()!;
    const length = frame[1].length;
    const head = length < 126 ? 2 : length < 65536 ? 4 : 10;
    const copy: [number, Buffer] = [frame[0], Buffer.from(frame[1])];
    this.received = this.received.subarray(head + length);
    return copy;
  }
}
