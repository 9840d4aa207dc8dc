/**
 * The path to a server: a TCP proxy that adds time, limits bytes, loses connections. Started by registry.ts with the
 * hosts and ports behind it, of which the others stand in for the first while it takes no connections; takes what it is to do as lines of stdin.
 * Invariants: bytes stay in order and unchanged; what is on its way when the behaviour changes keeps the time it was given.
 */
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { monotonicUs } from "../../../shared/time/clock.ts";
import { drawUnit, Stream } from "../../../shared/time/random.ts";
import { DelayQueue } from "../../../target/behaviour/delay-queue.ts";

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
  /** All of it holds of connections from these ports alone; null: of all. */
  readonly ports: readonly number[] | null;
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
  ports: null,
};

let path = PLAIN;
let meant: ReadonlySet<number> | null = null;
let pieces = 0;
let connections = 0;
/** When each way has sent what was given to it. */
const freeUs = { up: 0, down: 0 };

const draw = (index: number, counter: number) =>
  drawUnit(path.seed, Stream.network, index, counter);

/** What holds of a line. */
function pathOf({ near }: Line): Path {
  return meant === null || meant.has(near.remotePort ?? 0) ? path : PLAIN;
}

/** When a piece of so many bytes arrives, at the soonest. */
function arrivalUs(line: Line, way: "up" | "down", bytes: number): number {
  const nowUs = monotonicUs();
  const { stallShare, stallMs, delayMs, jitterMs, bytesPerSec } = pathOf(line);
  pieces += 1;
  const stalled = stallShare > 0 && draw(1, pieces) < stallShare;
  const waitMs = delayMs + jitterMs * draw(2, pieces) + (stalled ? stallMs : 0);
  if (bytesPerSec === null) return nowUs + 1000 * waitMs;
  freeUs[way] = Math.max(nowUs, freeUs[way]) + (1e6 * bytes) / bytesPerSec;
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
  const { blackholeShare } = pathOf(line);
  return blackholeShare > 0 && draw(3, line.number) < blackholeShare;
}

const queue = new DelayQueue();

/** One way of a line. What ends it is carried as bytes are: behind all that came before. */
class Carrier {
  private readonly line: Line;
  private readonly way: "up" | "down";
  private readonly from: Socket;
  private readonly to: Socket;
  private lastDueUs = 0;
  /** Bytes on their way. */
  private waitingBytes = 0;
  /** Whatever is on its way: pieces of bytes, and the end. */
  private waiting = 0;
  private isStuck = false;

  constructor(line: Line, way: "up" | "down") {
    this.line = line;
    this.way = way;
    [this.from, this.to] = way === "up" ? [line.near, line.far] : [line.far, line.near];
    this.from.on("data", (bytes: Buffer) => this.bytes(bytes));
    this.from.on("end", () => this.carry(this.lastDueUs, () => this.to.end()));
    this.from.on("error", () => {});
    this.from.on("close", () => {
      lines.delete(line);
      if (this.from.errored === null) return;
      this.carry(this.lastDueUs, () => this.to.resetAndDestroy());
    });
  }

  private bytes(bytes: Buffer): void {
    const { line, from, to } = this;
    const nowUs = monotonicUs();
    const idleMs = (nowUs - line.lastUs) / 1000;
    line.lastUs = nowUs;
    const { mostBytes, idleResetMs } = pathOf(line);
    if (mostBytes !== null && bytes.length > mostBytes) this.isStuck = true;
    if (this.isStuck || isLost(line)) return;
    if (idleResetMs !== null && idleMs > idleResetMs) {
      line.near.resetAndDestroy();
      line.far.destroy();
      return;
    }
    this.lastDueUs = Math.max(this.lastDueUs, arrivalUs(line, this.way, bytes.length));
    this.waitingBytes += bytes.length;
    if (this.waitingBytes > MAX_WAITING) from.pause();
    this.carry(this.lastDueUs, () => {
      this.waitingBytes -= bytes.length;
      if (from.isPaused() && this.waitingBytes <= MAX_WAITING) from.resume();
      if (to.writable) to.write(bytes);
    });
  }

  /** At its time, and after what went the same way before. */
  private carry(dueUs: number, act: () => void): void {
    const fire = () => {
      this.waiting -= 1;
      act();
    };
    this.waiting += 1;
    if (this.waiting === 1 && dueUs <= monotonicUs()) fire();
    else if (!queue.push({ dueUs, order: 0, fire })) throw new Error("too much is on its way");
  }
}

const given = process.argv.slice(2);

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Hosts and ports, one after another. */
const places = given.flatMap((host, at): Place[] =>
  at % 2 === 0 ? [{ host, port: Number(given[at + 1]) }] : [],
);

const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true };
const server = createServer(options, (near) => {
  if (connections === 0) process.stdout.write('{"accepted":true}\n');
  connections += 1;
  near.on("error", () => {});
  reach(near, connections, places);
});

/** The first of these servers that takes the connection. */
function reach(near: Socket, number: number, [place, ...others]: readonly Place[]): void {
  if (place === undefined) {
    near.resetAndDestroy();
    return;
  }
  const far = createConnection({ ...place, noDelay: true, allowHalfOpen: true });
  const next = () => reach(near, number, others);
  far.once("error", next);
  far.once("connect", () => {
    far.off("error", next);
    if (near.destroyed) {
      far.destroy();
      return;
    }
    const line: Line = { near, far, number, lastUs: monotonicUs() };
    lines.add(line);
    new Carrier(line, "up");
    new Carrier(line, "down");
    near.resume();
  });
}

server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const { port: own } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${own}` })}\n`);
});
createInterface({ input: process.stdin }).on("line", (line) => {
  const given = JSON.parse(line) as Partial<Path>;
  const unknown = Object.keys(given).filter((key) => !(key in PLAIN));
  if (unknown.length > 0) throw new Error(`this path has no ${unknown.join(", ")}`);
  path = { ...PLAIN, ...given };
  meant = path.ports === null ? null : new Set(path.ports);
  process.stdout.write('{"behaving":true}\n');
});
process.on("SIGTERM", () => process.exit(0));
