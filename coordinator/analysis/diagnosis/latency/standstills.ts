/**
 * Stretches of 100 ms to 3 s in which nothing came from the service although messages were sent, and then what had been held back. Read by
 * the detectors of pauses and of leaks. Pure. Invariant: a stretch in which we stood still, or sent nothing, is none of the service's.
 */
import type { TimelineRow } from "../../../merge/timeline.ts";
import { median } from "../../stats/interval.ts";
import type { Signals } from "../signals.ts";

export const TICK_MS = 100;
export const TICKS = 10;
/** Received a tick, usually: so many are never missing by chance (Poisson: e^-12). */
const LEAST_USUAL = 12;
/** Of what usually comes. */
const STILL = 0.05;
/** Ticks to either side that say what is usual. */
const AROUND = 30;
/** What was held back comes within so many ticks. */
const BURST_TICKS = 3;
const BURST = 1.5;
/** Longer ones are another matter: closes/silence.ts. */
const MOST_TICKS = 30;
/** Our own longest turn in that second, over the pause: then it is ours, unless we sent so much of what is usual all the while. */
const OWN = 0.5;
const OWN_SENT = 0.5;

export interface Pause {
  /** In ticks of run time. */
  readonly from: number;
  readonly ticks: number;
}

/** In the order of time. */
export function pausesIn(signals: Signals): Pause[] {
  const { received, sent } = ticksOf(signals);
  const found: Pause[] = [];
  for (let at = 1; at < received.length; at++) {
    const usual = usualAround(received, at);
    if (usual < LEAST_USUAL || isMoving(received[at], usual)) continue;
    let end = at;
    while (end < received.length && !isMoving(received[end], usual)) end++;
    const pause = { from: at, ticks: end - at };
    if (pause.ticks <= MOST_TICKS && isTheirs(signals, pause, { received, sent, usual })) {
      found.push(pause);
    }
    at = end;
  }
  return found;
}

function isMoving(value: number | undefined, usual: number): boolean {
  return value === undefined || Number.isNaN(value) || value > STILL * usual;
}

interface Traffic {
  readonly received: readonly number[];
  readonly sent: readonly number[];
  readonly usual: number;
}

/** We sent, our turns were on time, and what was held back came. */
function isTheirs(signals: Signals, { from, ticks }: Pause, traffic: Traffic): boolean {
  const { received, sent, usual } = traffic;
  const sum = (series: readonly number[], begin: number, end: number) =>
    series.slice(begin, end).reduce((all, one) => all + (Number.isNaN(one) ? 0 : one), 0);
  const usuallySent = usualAround(sent, from);
  if (usuallySent > 0 && sum(sent, from, from + ticks) < 0.5 * ticks * usuallySent) return false;
  const after = sum(received, from + ticks, from + ticks + BURST_TICKS);
  if (after < BURST * usual) return false;
  for (let tick = from; tick < from + ticks; tick++) {
    const second = Math.floor(tick / TICKS);
    const lagUs = signals.rows[second]?.loopLagMaxUs ?? 0;
    if (lagUs <= OWN * ticks * TICK_MS * 1000) continue;
    // It stood still at another moment: in each tick of this pause it sent as usual.
    const isElsewhere = (sent[tick] ?? 0) >= OWN_SENT * usuallySent;
    if (!signals.isBrieflyOurs(second) || !isElsewhere) return false;
  }
  return true;
}

/** NaN in ticks that say nothing of the target. */
function ticksOf(signals: Signals): { received: number[]; sent: number[] } {
  const { ticks } = signals.fold.merge.timeline;
  const isKnown = ({ second }: TimelineRow) =>
    signals.isClean(second) || signals.isBrieflyOurs(second);
  const known = (series: "received" | "sent") =>
    signals.rows.flatMap((row) =>
      isKnown(row) ? ticks[series].of(row.second) : Array<number>(TICKS).fill(Number.NaN),
    );
  const [received, sent] = [known("received"), known("sent")];
  for (const tick of ownStandstills(signals, sent)) received[tick] = Number.NaN;
  return { received, sent };
}

/** Ticks in which the generator may have stood still itself, in seconds in which it did: from the one before it stopped to the second one behind. */
function ownStandstills(signals: Signals, sent: readonly number[]): number[] {
  return sent.flatMap((count, tick) => {
    if (!signals.isBrieflyOurs(Math.floor(tick / TICKS))) return [];
    if (count >= OWN_SENT * usualAround(sent, tick)) return [];
    return [tick - 1, tick, tick + 1, tick + 2].filter((at) => at >= 0 && at < sent.length);
  });
}

function usualAround(series: readonly number[], at: number): number {
  const near = series
    .slice(Math.max(0, at - AROUND), at + AROUND)
    .filter((one) => !Number.isNaN(one));
  return near.length < AROUND / 2 ? 0 : median(near);
}

/** From the second in which it began to the one in which it was over, without the end. */
export function secondsOf({ from, ticks }: Pause): readonly [number, number] {
  const second = Math.floor(from / TICKS);
  return [second, Math.max(second + 1, Math.ceil((from + ticks) / TICKS))];
}
