/**
 * Targets that do to a client what they can: floods, lies, announcements without an end, bytes that are no protocol. Each
 * is a TCP server on loopback. Used by the tests of what a run makes of them. Invariant: a client that leaves is left alone,
 * and nothing is kept for it.
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { constants, deflateRawSync } from "node:zlib";

export interface HostileTarget {
  readonly name: string;
  /** Never lets the client rest: the generator itself may be what such a run measures. */
  readonly isFlood: boolean;
  /** @param accept what Sec-WebSocket-Accept has to be */
  readonly act: (socket: Socket, accept: string) => void;
}

const MB = 1024 * 1024;
const CONTINUE = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** Moves cursors, opens tags. */
const EVIL = "\u001b[31mRED\u001b]0;pwn\u0007<img src=x onerror=alert(1)>";
const WRITES_A_TURN = 200;

function frame(opcode: number, payload: string | Buffer, first = 0x80): Buffer {
  const body = Buffer.from(payload as string);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
  head[0] = first | opcode;
  head[1] = head.length === 2 ? body.length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(body.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, body]);
}

function close(code: number, reason: string): Buffer {
  const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason, "latin1")]);
  payload.writeUInt16BE(code);
  return frame(CLOSE, payload);
}

function announced(bytes: number): Buffer {
  const head = Buffer.alloc(10);
  head[0] = 0x80 | BINARY;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
}

function upgrade(socket: Socket, accept: string, ...more: readonly string[]): void {
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  const all = [...lines, `Sec-WebSocket-Accept: ${accept}`, ...more, "", ""];
  socket.write(Buffer.from(all.join("\r\n"), "latin1"));
}

/** Writes as fast as the client reads. */
function flood(socket: Socket, bytes: Buffer, pauseMs = 0): void {
  if (socket.destroyed) return;
  const again = () => setTimeout(() => flood(socket, bytes, pauseMs), pauseMs);
  for (let written = 0; written < WRITES_A_TURN; written++) {
    if (!socket.write(bytes)) {
      socket.once("drain", again);
      return;
    }
  }
  again();
}

function drip(socket: Socket, bytes: Buffer, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (!socket.destroyed) socket.write(bytes.subarray(at % bytes.length, (at % bytes.length) + 1));
    at++;
  }, everyMs);
  socket.once("close", () => clearInterval(timer));
}

/** After a valid upgrade. */
const open = (
  name: string,
  then: (socket: Socket) => void,
  { isFlood = false, headers = [] }: { isFlood?: boolean; headers?: readonly string[] } = {},
): HostileTarget => ({
  ...{ name, isFlood },
  act: (socket, accept) => {
    upgrade(socket, accept, ...headers);
    then(socket);
  },
});

/** Instead of an upgrade. */
const answer = (name: string, text: string | Buffer): HostileTarget => ({
  ...{ name, isFlood: false },
  act: (socket) => void socket.end(typeof text === "string" ? Buffer.from(text, "latin1") : text),
});

const deflated = (): Buffer => {
  const packed = deflateRawSync(Buffer.alloc(200 * MB), {
    ...{ level: 9, finishFlush: constants.Z_SYNC_FLUSH },
  });
  return packed.subarray(0, packed.length - 4);
};

let unique = 0;

const ANSWERS: readonly HostileTarget[] = [
  {
    name: "headers without an end",
    isFlood: true,
    act: (socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\n");
      flood(socket, Buffer.from(`X-a: ${"b".repeat(8000)}\r\n`));
    },
  },
  {
    name: "1xx without an end",
    isFlood: true,
    act: (socket) => flood(socket, Buffer.from("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
  },
  {
    name: "a byte of the answer a second",
    isFlood: false,
    act: (socket) => drip(socket, Buffer.from("HTTP/1.1 101 Switching Protocols\r\n"), 1000),
  },
  { name: "a reset at once", isFlood: false, act: (socket) => void socket.resetAndDestroy() },
  answer(
    "a redirect",
    "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:9/x\r\nContent-Length: 0\r\n\r\n",
  ),
  answer(
    "a redirect of 4 MB",
    `HTTP/1.1 302 Found\r\nLocation: ws://a/${"a".repeat(4 * MB)}\r\n\r\n`,
  ),
  answer(
    "a status of escapes",
    `HTTP/1.1 503 ${EVIL}\r\nServer: ${EVIL}\r\nContent-Length: 0\r\n\r\n`,
  ),
  answer("a status that is a formula", 'HTTP/1.1 503 =HYPERLINK("http://x")|a `x`\r\n\r\n'),
  answer("a status line that is none", "HTTP/9.9 abc\r\n\r\n"),
  answer("no HTTP at all", randomBytes(100_000)),
  answer(
    "a wrong accept",
    "HTTP/1.1 101 a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AA\r\n\r\n",
  ),
  {
    name: "another status text each time",
    isFlood: false,
    act: (socket) => void socket.end(`HTTP/1.1 599 why-${unique++}\r\nContent-Length: 0\r\n\r\n`),
  },
  open("an extension nobody asked for", () => {}, {
    headers: ["Sec-WebSocket-Extensions: permessage-deflate"],
  }),
  open("a subprotocol of escapes", () => {}, { headers: [`Sec-WebSocket-Protocol: ${EVIL}`] }),
];

const FRAMES: readonly HostileTarget[] = [
  open("1 GB announced", (socket) => void socket.write(announced(1024 * MB))),
  open("16 MB announced, a byte at a time", (socket) => {
    socket.write(announced(16 * MB));
    drip(socket, Buffer.from("x"), 100);
  }),
  open("15 of 16 MB", (socket) => {
    socket.write(announced(16 * MB));
    socket.write(Buffer.alloc(15 * MB, 1));
  }),
  open(
    "empty fragments",
    (socket) => {
      socket.write(frame(TEXT, "", 0));
      flood(socket, Buffer.alloc(4096));
    },
    { isFlood: true },
  ),
  open(
    "fragments up to the limit",
    (socket) => {
      socket.write(frame(BINARY, "a", 0));
      flood(socket, frame(CONTINUE, Buffer.alloc(1024), 0));
    },
    { isFlood: true },
  ),
  open(
    "pings",
    (socket) => flood(socket, Buffer.concat(Array(100).fill(frame(PING, "x".repeat(125))))),
    {
      isFlood: true,
    },
  ),
  open(
    "pongs",
    (socket) => flood(socket, Buffer.concat(Array(100).fill(frame(PONG, "x".repeat(125))))),
    {
      isFlood: true,
    },
  ),
  open("a byte of a frame at a time", (socket) => drip(socket, frame(TEXT, "x".repeat(120)), 100)),
  open("a reason that is no UTF-8", (socket) => void socket.write(close(1000, "\xff\xfe\x00\x01"))),
  open("a reason of escapes", (socket) => void socket.end(close(4000, EVIL))),
  open(
    "a reason that is a formula",
    (socket) => void socket.end(close(4001, "=cmd|'/C calc'!A0\r\n@SUM(1)|b")),
  ),
  open("another reason each time", (socket) => void socket.end(close(4002, `reason-${unique++}`))),
  open("a code that is none", (socket) => void socket.write(close(999, "x"))),
  open("no reading", (socket) => void socket.pause()),
  open("texts of 1 MB", (socket) => flood(socket, frame(TEXT, "y".repeat(MB)), 5), {
    isFlood: true,
  }),
  open(
    "JSON 200,000 deep",
    (socket) => flood(socket, frame(TEXT, "[".repeat(200_000) + "]".repeat(200_000)), 50),
    {
      isFlood: true,
    },
  ),
  open(
    "JSON of 5 MB",
    (socket) => void socket.write(frame(TEXT, JSON.stringify(Array(2_500_000).fill(1)))),
  ),
  open(
    "JSON with __proto__",
    (socket) =>
      flood(
        socket,
        frame(TEXT, '{"__proto__":{"p":1},"constructor":{"prototype":{"p":1}},"id":"x"}'),
        200,
      ),
    {
      isFlood: true,
    },
  ),
  open("rubbish", (socket) => void socket.write(randomBytes(5000))),
  open(
    "a masked frame",
    (socket) => void socket.write(Buffer.from([0x81, 0x82, 1, 2, 3, 4, 5, 6])),
  ),
  open(
    "a Close, and then data without an end",
    (socket) => {
      socket.write(close(1000, "bye"));
      flood(socket, frame(BINARY, Buffer.alloc(60_000)));
    },
    { isFlood: true },
  ),
  open("200 MB in 200 KB", (socket) => void socket.write(frame(BINARY, deflated(), 0xc0)), {
    headers: ["Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"],
  }),
];

export const HOSTILE_TARGETS: readonly HostileTarget[] = [...ANSWERS, ...FRAMES];

export interface Listening extends AsyncDisposable {
  readonly url: string;
}

/** Starts one of them; ends with the scope, and everything it holds. */
export async function listen({ act }: HostileTarget): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    let asked = "";
    const read = (chunk: Buffer) => {
      asked += chunk.toString("latin1");
      if (!asked.includes("\r\n\r\n")) return;
      socket.off("data", read);
      socket.on("data", () => {});
      const key = /sec-websocket-key: (\S+)/i.exec(asked)?.[1] ?? "";
      const text = `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      act(socket, createHash("sha1").update(text).digest("base64"));
    };
    socket.on("data", read);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
