/**
 * Runs over a simulated path, for the tests of detectors: 200 connections that send by a Poisson process and ping once a second, a server
 * that answers at once, and a path that adds a random time to each piece, or carries so many bytes a second in each direction. Seeded.
 * Invariant: bytes of a connection stay in order, as TCP keeps them; on the line of all of them, first come is first served.
 */
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import type { Told } from "./story.ts";

export interface Path {
  readonly seed: number;
  /** When the path becomes what it is; microseconds of the run. */
  readonly onsetUs: number;
  /** Up to so much more, evenly, each way. */
  readonly jitterUs?: number;
  readonly bytesPerSec?: number;
  /** Longer, each way; and the share of pieces that are sent again 200 ms later. */
  readonly delayUs?: number;
  readonly lossShare?: number;
  /** What the service takes longer for a large message. */
  readonly slowUs?: number;
}

const SECONDS = 14;
const CONNECTIONS = 200;
const RATE = 2;
/** Of messages, the large ones. */
const LARGE_SHARE = 0.1;
export const SMALL_BYTES = 64;
export const LARGE_BYTES = 8192;
const WITHIN_US = 2_000_000;
const SERVED_US = 600;
const RETRANSMITTED_US = 200_000;

interface Piece {
  readonly connection: number;
  readonly kind: "small" | "large" | "ping";
  readonly bytes: number;
  readonly sentUs: number;
  /** When it is where it goes. */
  readonly atUs: number;
}

/** Second by second: what such a run would have measured. */
export function overPath(path: Path): Told[] {
  const sent = piecesOf(path.seed);
  const served = carried(path, sent, 0).map((one) => {
    const isSlow = one.kind === "large" && one.atUs >= path.onsetUs;
    return { ...one, atUs: one.atUs + SERVED_US + (isSlow ? (path.slowUs ?? 0) : 0) };
  });
  const back = carried(path, served.sort(byTime), 1);
  return Array.from({ length: SECONDS }, (_, second) => {
    const isIn = (us: number) => Math.floor(us / 1e6) === second;
    const came = back.filter(({ atUs }) => isIn(atUs));
    const messages = came.filter(({ kind }) => kind !== "ping");
    const inTime = messages.filter(({ atUs, sentUs }) => atUs - sentUs <= WITHIN_US);
    const tried = sent.filter(({ kind, sentUs }) => kind !== "ping" && isIn(sentUs));
    const timesOf = (kind: Piece["kind"], of: readonly Piece[]) =>
      of.filter((one) => one.kind === kind).map(({ atUs, sentUs }) => Math.round(atUs - sentUs));
    return {
      ...{ open: CONNECTIONS, opened: second === 0 ? CONNECTIONS : 0 },
      sent: ticksOf(tried.map(({ sentUs }) => sentUs)),
      received: ticksOf(messages.map(({ atUs }) => atUs)),
      ...{ expected: tried.length, matched: inTime.length, late: messages.length - inTime.length },
      bytesReceived: messages.reduce((sum, { bytes }) => sum + bytes, 0),
      byName: [timesOf("small", inTime), timesOf("large", inTime)],
      pingUs: timesOf("ping", came),
    };
  });
}

function byTime(a: Piece, b: Piece): number {
  return a.atUs - b.atUs;
}

function ticksOf(times: readonly number[]): number[] {
  const ticks = Array<number>(10).fill(0);
  for (const us of times) {
    const tick = Math.floor((us % 1e6) / 1e5);
    ticks[tick] = (ticks[tick] ?? 0) + 1;
  }
  return ticks;
}

function piecesOf(seed: number): Piece[] {
  const pieces: Piece[] = [];
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    const draw = (counter: number) => drawUnit(seed, Stream.slot, connection, counter);
    const add = (kind: Piece["kind"], us: number) => {
      const bytes = kind === "large" ? LARGE_BYTES : kind === "small" ? SMALL_BYTES : 4;
      pieces.push({ connection, kind, bytes, sentUs: us, atUs: us });
    };
    for (let at = 0; at < SECONDS; at++) add("ping", 1e6 * (at + draw(0)));
    let us = 0;
    for (let at = 1; us < SECONDS * 1e6; at += 2) {
      us -= (Math.log(1 - draw(at)) * 1e6) / RATE;
      if (us < SECONDS * 1e6) add(draw(at + 1) < LARGE_SHARE ? "large" : "small", us);
    }
  }
  return pieces.sort(byTime);
}

/** The pieces behind one direction of the path, given in the order in which they come to it. */
function carried(path: Path, pieces: readonly Piece[], way: number): Piece[] {
  const { seed, onsetUs, bytesPerSec = Number.POSITIVE_INFINITY } = path;
  const { jitterUs = 0, delayUs = 0, lossShare = 0 } = path;
  const lastUs = new Map<number, number>();
  let freeUs = 0;
  return pieces.map((piece, at) => {
    const isThere = piece.atUs >= onsetUs;
    if (isThere) freeUs = Math.max(piece.atUs, freeUs) + (1e6 * piece.bytes) / bytesPerSec;
    const isLost = drawUnit(seed, Stream.network, way + 2, at) < lossShare;
    const drawnUs = jitterUs * drawUnit(seed, Stream.network, way, at);
    const waitUs = delayUs + drawnUs + (isLost ? RETRANSMITTED_US : 0);
    const dueUs = isThere ? freeUs + waitUs : piece.atUs;
    const atUs = Math.max(dueUs, lastUs.get(piece.connection) ?? 0);
    lastUs.set(piece.connection, atUs);
    return { ...piece, atUs };
  });
}
