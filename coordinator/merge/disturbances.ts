/**
 * Stretches of run time in which the load was not what was planned, because a worker was lost. Kept by run-fold.ts;
 * thresholds leave these seconds out, the timeline marks them. Invariant: a function of the events alone. Bound: two
 * numbers for each lost worker.
 */

export interface Disturbance {
  readonly epoch: number;
  /** End of the last second the lost worker reported. */
  readonly fromUs: number;
  /** Infinity: to the end of the run. */
  toUs: number;
}

const SECOND_US = 1_000_000;

export class Disturbances {
  readonly list: Disturbance[] = [];
  /** Grows whenever the list changes. */
  version = 0;

  begin(epoch: number, fromUs: number, toUs = Number.POSITIVE_INFINITY): void {
    this.list.push({ epoch, fromUs, toUs });
    this.version++;
  }

  end(epoch: number, toUs: number): void {
    this.version++;
    for (const disturbance of this.list) {
      if (disturbance.epoch === epoch) disturbance.toUs = toUs;
    }
  }

  /** Whether any moment of the seconds [second, second + span) is disturbed. */
  touches(second: number, span = 1): boolean {
    const fromUs = second * SECOND_US;
    const toUs = fromUs + span * SECOND_US;
    return this.list.some((disturbed) => disturbed.fromUs < toUs && disturbed.toUs > fromUs);
  }
}
