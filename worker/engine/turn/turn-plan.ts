/**
 * When an engine's next turn is due, by run time: in a millisecond, or when its rest is over. Used by engine.ts.
 * Invariant: a turn is late by what has passed since it was due, never by its rest.
 */

/** From a turn to the next one, while the engine does not rest. */
export const TURN_US = 1000;
/** The longest rest. */
export const MAX_REST_US = 100_000;

export class TurnPlan {
  /** When the next turn is due; 0 before the first one. */
  dueUs = 0;
  rests = false;

  /** A turn begins. @returns how late it comes */
  turned(nowUs: number): number {
    const lagUs = Math.max(0, nowUs - this.dueUs);
    this.dueUs = nowUs + TURN_US;
    return lagUs;
  }

  /** Nothing is due before untilUs. */
  rest(untilUs: number): void {
    if (untilUs <= this.dueUs) return;
    this.dueUs = untilUs;
    this.rests = true;
  }

  /** Something happened at nowUs: what follows from it may be due at any time from now on. */
  wake(nowUs: number): void {
    this.rests = false;
    this.dueUs = Math.min(this.dueUs, nowUs + TURN_US);
  }
}
