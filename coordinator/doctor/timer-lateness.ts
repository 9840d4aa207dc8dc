/**
 * How late this machine wakes a process that asked to be woken: what a load generator's pacing rests on. Measured by
 * the doctor, in a fifth of a second. A busy machine, a throttled container and a slow source of time all show here.
 */
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";

const SAMPLES = 50;
/** Long enough that rounding to milliseconds, which timers do, is no part of the figure. */
const WAIT_MS = 3;

export interface TimerLateness {
  readonly medianMs: number;
  readonly worstMs: number;
}

export async function measureTimerLateness(clock: Clock, timers: Timers): Promise<TimerLateness> {
  const lateMs: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const fromUs = clock.monotonicUs();
    await sleep(timers, WAIT_MS);
    lateMs.push(Math.max(0, (clock.monotonicUs() - fromUs) / 1000 - WAIT_MS));
  }
  lateMs.sort((a, b) => a - b);
  return { medianMs: lateMs[SAMPLES / 2] ?? 0, worstMs: lateMs[SAMPLES - 1] ?? 0 };
}
