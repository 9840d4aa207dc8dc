/**
 * Stretches of run time in which the load was not what was planned, because a worker was lost or was made
 * to stand still. Kept by run-fold.ts;
 * thresholds leave these seconds out, the timeline marks them. Invariant: a function of the events alone. Bound: two
 * numbers for each lost worker, and for each time of a fault.
 */
import type { WorkerEffect } from "../../shared/scenario/sections/faults/outside/worker-act.ts";

export interface Disturbance {
  /** Of the lost worker; NOBODY: none was lost by it. */
  readonly epoch: number;
  /** End of the last second the lost worker reported. */
  readonly fromUs: number;
  /** Infinity: to the end of the run. */
  toUs: number;
}

const SECOND_US = 1_000_000;
/** Epochs count from 1. */
const NOBODY = 0;
/** For workers to read of a pause, and to send what fell due in it. */
const AROUND_PAUSE_US = 2 * SECOND_US;

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

  /** Workers were asked at that time to do this; only what has them stand still disturbs the load. */
  pause(effect: WorkerEffect, atUs: number): void {
    if (effect.kind !== "pause") return;
    this.begin(NOBODY, atUs, atUs + effect.forUs + AROUND_PAUSE_US);
  }

  /** Whether any moment of the seconds [second, second + span) is disturbed. */
  touches(second: number, span = 1): boolean {
    const fromUs = second * SECOND_US;
    const toUs = fromUs + span * SECOND_US;
    return this.list.some((disturbed) => disturbed.fromUs < toUs && disturbed.toUs > fromUs);
  }
}
