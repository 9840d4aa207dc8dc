/**
 * A service that answers within a millisecond and stands still every so often, simulated message by message, for the tests of pauses and
 * leaks: what an engine would have reported of it, second by second. Seeded.
 */
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import type { Told } from "./story.ts";

const TICK_MS = 100;
const TICKS = 10;
/** Messages a second of one connection. */
const PER_SECOND = 2;

interface Pausing {
  readonly seed: number;
  readonly seconds: number;
  /** Connections at a time of the run, in seconds. */
  readonly open: (second: number) => number;
  readonly everyMs: number;
  /** How long it stands still after so many messages, at a time in milliseconds. */
  readonly pauseMs: (messages: number, atMs: number) => number;
  /** Pings are answered meanwhile. */
  readonly isHandler?: boolean;
  /** What single messages take longer, beside pauses. */
  readonly moreMs?: (message: number) => number;
}

export function pausing(of: Pausing): Told[] {
  const { seed, seconds, open } = of;
  const sentMs = Array.from({ length: seconds * TICKS }, (_, tick) => {
    const due = (open((tick + 0.5) / TICKS) * PER_SECOND) / TICKS;
    const many = Math.round(due + Math.sqrt(due) * (2 * drawUnit(seed, Stream.slot, tick, 0) - 1));
    return Array.from(
      { length: many },
      (_none, at) => TICK_MS * (tick + drawUnit(seed, Stream.slot, tick, at + 1)),
    );
  })
    .flat()
    .sort((a, b) => a - b);
  const doneMs = answered(sentMs, of);
  return Array.from({ length: seconds }, (_, second) => {
    const isIn = (ms: number) => Math.floor(ms / 1000) === second;
    const latencyUs = sentMs.flatMap((ms, at) => {
      const done = doneMs[at] ?? 0;
      return isIn(done) ? [Math.round(1000 * (done - ms))] : [];
    });
    return {
      open: Math.round(open(second + 1)),
      opened: Math.round(open(second + 1)) - Math.round(open(second)),
      sent: ticksOf(sentMs, second),
      received: ticksOf(doneMs, second),
      latencyUs,
      // Pings wait as long as messages do, or not at all.
      pingUs: latencyUs.flatMap((us, at) => (at % 4 === 0 ? [of.isHandler ? 900 : us] : [])),
    };
  });
}

/** When each is answered. */
function answered(
  sentMs: readonly number[],
  { seed, everyMs, pauseMs, moreMs }: Pausing,
): number[] {
  let nextMs = 1000;
  let freeMs = 0;
  return sentMs.map((ms, at) => {
    while (nextMs <= Math.max(ms, freeMs)) {
      freeMs = Math.max(freeMs, nextMs) + pauseMs(at, nextMs);
      nextMs = Math.max(nextMs + everyMs, freeMs);
    }
    return (
      Math.max(ms, freeMs) +
      (moreMs?.(at) ?? 0) +
      0.8 +
      0.4 * drawUnit(seed, Stream.behaviour, at, 0)
    );
  });
}

function ticksOf(times: readonly number[], second: number): number[] {
  const counts = Array<number>(TICKS).fill(0);
  for (const ms of times) {
    const tick = Math.floor(ms / TICK_MS) - second * TICKS;
    if (tick >= 0 && tick < TICKS) counts[tick] = (counts[tick] ?? 0) + 1;
  }
  return counts;
}
