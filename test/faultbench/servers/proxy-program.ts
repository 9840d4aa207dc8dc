/**
 * The path to a server: a TCP proxy that adds time, limits bytes, loses connections. Started by registry.ts with the host and
 * the port behind it; takes what it is to do as lines of stdin. Invariants: bytes stay in order and unchanged; what is on its
 * way when the behaviour changes keeps the time it was given.
 */
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { monotonicUs } from "../../../shared/time/clock.ts";
import { drawUnit, Stream } from "../../../shared/time/random.ts";

interface Path {
  readonly seed: number;
  /** Each way. */
  readonly delayMs: number;
  /** Up to so much more, evenly, each way; order is kept. */
  readonly jitterMs: number;
  /** Of all connections together, each way; null: no limit. */
  readonly bytesPerSec: number | null;
  /** Share of pieces that a retransmission delays, by `stallMs`. */
  readonly stallShare: number;
  readonly stallMs: number;
  /** A connection on which nothing passed for so long is forgotten: the next byte is answered by a reset. */
  readonly idleResetMs: number | null;
  /** A piece of more bytes is lost for good, and with it all that comes behind it on its way; null: none is. */
  readonly mostBytes: number | null;
  /** Share of connections on which nothing passes any more, chosen by their number. */
  readonly blackholeShare: number;
}

const PLAIN: Path = {
  seed: 1,
  delayMs: 0,
  jitterMs: 0,
  bytesPerSec: null,
  stallShare: 0,
  stallMs: 200,
  idleResetMs: null,
  mostBytes: null,
  blackholeShare: 0,
};

let path = PLAIN;
let pieces = 0;
let connections = 0;
/** When each way has sent what was given to it. */
const freeUs = { up: 0, down: 0 };

const draw = (index: number, counter: number) =>
  drawUnit(path.seed, Stream.network, index, counter);

/** When a piece of so many bytes arrives, at the soonest. */
function arrivalUs(way: "up" | "down", bytes: number): number {
  const nowUs = monotonicUs();
  pieces += 1;
  const stalled = path.stallShare > 0 && draw(1, pieces) < path.stallShare;
  const waitMs = path.delayMs + path.jitterMs * draw(2, pieces) + (stalled ? path.stallMs : 0);
  if (path.bytesPerSec === null) return nowUs + 1000 * waitMs;
  freeUs[way] = Math.max(nowUs, freeUs[way]) + (1e6 * bytes) / path.bytesPerSec;
  return freeUs[way] + 1000 * waitMs;
}

interface Line {
  readonly near: Socket;
  readonly far: Socket;
  readonly number: number;
  lastUs: number;
}

const lines = new Set<Line>();
/** Bytes on their way beyond which a side is not read from. */
const MAX_WAITING = 4 << 20;

function isLost(line: Line): boolean {
  return path.blackholeShare > 0 && draw(3, line.number) < path.blackholeShare;
}

function carry(line: Line, way: "up" | "down"): void {
  const [from, to] = way === "up" ? [line.near, line.far] : [line.far, line.near];
  let lastDueUs = 0;
  let waiting = 0;
  let isStuck = false;
  from.on("data", (bytes: Buffer) => {
    const nowUs = monotonicUs();
    const idleMs = (nowUs - line.lastUs) / 1000;
    line.lastUs = nowUs;
    if (path.mostBytes !== null && bytes.length > path.mostBytes) isStuck = true;
    if (isStuck || isLost(line)) return;
    if (path.idleResetMs !== null && idleMs > path.idleResetMs) {
      line.near.resetAndDestroy();
      line.far.destroy();
      return;
    }
    const dueUs = Math.max(lastDueUs, arrivalUs(way, bytes.length));
    lastDueUs = dueUs;
    if (dueUs <= nowUs && waiting === 0) {
      to.write(bytes);
      return;
    }
    waiting += bytes.length;
    if (waiting > MAX_WAITING) from.pause();
    setTimeout(
      () => {
        waiting -= bytes.length;
        if (from.isPaused() && waiting <= MAX_WAITING) from.resume();
        if (to.writable) to.write(bytes);
      },
      (dueUs - nowUs) / 1000,
    );
  });
  // The end travels as the bytes before it do.
  from.on("end", () => setTimeout(() => to.end(), Math.max(0, lastDueUs - monotonicUs()) / 1000));
}

const [host = "127.0.0.1", port = "0"] = process.argv.slice(2);
const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  if (connections === 0) process.stdout.write('{"accepted":true}\n');
  connections += 1;
  const far = createConnection({ host, port: Number(port), noDelay: true, allowHalfOpen: true });
  const line: Line = { near, far, number: connections, lastUs: monotonicUs() };
  lines.add(line);
  carry(line, "up");
  carry(line, "down");
  const end = (one: Socket, other: Socket) => () => {
    lines.delete(line);
    if (one.errored !== null) other.resetAndDestroy();
    else other.end();
  };
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on("error", () => {});
    one.on("close", end(one, other));
  }
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const { port: own } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${own}` })}\n`);
});
createInterface({ input: process.stdin }).on("line", (line) => {
  const given = JSON.parse(line) as Partial<Path>;
  const unknown = Object.keys(given).filter((key) => !(key in PLAIN));
  if (unknown.length > 0) throw new Error(`this path has no ${unknown.join(", ")}`);
  path = { ...PLAIN, ...given };
  process.stdout.write('{"behaving":true}\n');
});
process.on("SIGTERM", () => process.exit(0));
