/**
 * The one source of time. Everything that needs "now" receives a Clock by its constructor, so that a
 * test or a simulation can replace it. Invariant: `monotonicUs` never goes back and is one clock for
 * all processes and threads of a host (CLOCK_MONOTONIC); `wallMs` is only for display and file names.
 */
export interface Clock {
  /** Monotonic time in microseconds (fractional), the same clock in every process of this host. */
  monotonicUs(): number;
  /** Milliseconds since the Unix epoch. May jump; never used for durations. */
  wallMs(): number;
}

// performance.now() is cheap but counts from this thread's own start; hrtime is shared by the host.
const originUs = Number(process.hrtime.bigint()) / 1000 - performance.now() * 1000;

/** Monotonic microseconds, shared by all processes of the host; plain function for the data plane. */
export function monotonicUs(): number {
  return originUs + performance.now() * 1000;
}

let skewMs = 0;

/** Has the wall clock of this thread read so much more: a fault, done on purpose (worker/execution/orders.ts). */
export function skewWallClock(byMs: number): void {
  skewMs = byMs;
}

export const systemClock: Clock = {
  monotonicUs,
  wallMs: () => Date.now() + skewMs,
};
