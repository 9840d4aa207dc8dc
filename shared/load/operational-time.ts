/**
 * Operational time: the integral of a rate that is constant within each phase. A process of rate r(t) is one of
 * rate 1 in operational time (random time change), so schedules are drawn there and mapped back. Called by
 * the message schedules.
 * Invariant: no time in a phase of rate 0 is ever the image of an operational time; a value reached exactly
 * where such a phase begins belongs to the next phase that has a rate.
 */
import type { ProfilePhase } from "./profile.ts";

/** Allocation-free after construction. */
export class OperationalTime {
  /** Operational time of the whole run. */
  readonly total: number;
  readonly #fromUs: Float64Array;
  readonly #toUs: Float64Array;
  readonly #ratePerUs: Float64Array;
  /** Operational time at each phase's start. */
  readonly #start: Float64Array;

  /** @param perSec rate at message factor 1. */
  constructor(phases: readonly ProfilePhase[], perSec: number) {
    this.#fromUs = Float64Array.from(phases, (phase) => phase.fromUs);
    this.#toUs = Float64Array.from(phases, (phase) => phase.toUs);
    this.#ratePerUs = Float64Array.from(phases, (phase) => (perSec * phase.messageFactor) / 1e6);
    this.#start = new Float64Array(phases.length);
    let total = 0;
    for (const [index, phase] of phases.entries()) {
      this.#start[index] = total;
      total += (phase.toUs - phase.fromUs) * (this.#ratePerUs[index] ?? 0);
    }
    this.total = total;
  }

  /** Operational time that has passed at `tUs`. */
  at(tUs: number): number {
    const phase = lastUpTo(this.#fromUs, tUs);
    const fromUs = this.#fromUs[phase] ?? 0;
    const inPhaseUs = Math.min(Math.max(tUs, fromUs), this.#toUs[phase] ?? 0) - fromUs;
    return (this.#start[phase] ?? 0) + inPhaseUs * (this.#ratePerUs[phase] ?? 0);
  }

  /** The earliest time with a rate at which operational time is `value`; Infinity past its total. */
  timeOf(value: number): number {
    const phase = lastUpTo(this.#start, value);
    const restOfPhase = value - (this.#start[phase] ?? 0);
    return this.#walk(phase, this.#fromUs[phase] ?? 0, restOfPhase);
  }

  /** The time at which `amount` of operational time will have passed since `tUs`; Infinity if it never will. */
  advance(tUs: number, amount: number): number {
    return this.#walk(lastUpTo(this.#fromUs, tUs), tUs, amount);
  }

  #walk(startPhase: number, tUs: number, amount: number): number {
    let fromUs = tUs;
    let rest = amount;
    for (let phase = startPhase; phase < this.#toUs.length; phase++) {
      const toUs = this.#toUs[phase] ?? 0;
      const ratePerUs = this.#ratePerUs[phase] ?? 0;
      const room = (toUs - fromUs) * ratePerUs;
      if (rest < room) return fromUs + rest / ratePerUs;
      rest -= room;
      fromUs = toUs;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * How many of the midpoints 0.5, 1.5, ... lie below `length`. One that only rounding puts below it (0.3 * 5 > 1.5)
 * would fall on the very end, and is not counted.
 */
export function midpointsBelow(length: number): number {
  return Math.max(0, Math.ceil(length * (1 - 1e-12) - 0.5));
}

/** Index of the last of the rising numbers that is at most `value`; 0 when none is. */
function lastUpTo(rising: Float64Array, value: number): number {
  let low = 0;
  let high = rising.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((rising[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
