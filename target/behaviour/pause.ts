/**
 * Pauses: stretches in which the target does not answer, at fixed times from the moment the behaviour was
 * set, the same in every process of a group. Called by the replies and the upgrade. Invariant: a time
 * inside a pause is moved to its end, any other time stays as it is.
 */
import { monotonicUs } from "../../shared/time/clock.ts";
import { standStill as standStillUntil } from "../../shared/time/stand-still.ts";
import type { Behaviour } from "../behaviour-schema.ts";

type Pause = NonNullable<Behaviour["pause"]>;

export class PauseSchedule {
  private readonly firstUs: number;
  private readonly everyUs: number;
  private readonly forUs: number;

  /** `sinceUs`: monotonic time at which the behaviour was set. */
  constructor(pause: Pause, sinceUs: number) {
    this.firstUs = sinceUs + 1000 * (pause.afterMs ?? pause.everyMs);
    this.everyUs = 1000 * pause.everyMs;
    this.forUs = 1000 * pause.forMs;
  }

  /** The first moment from `timeUs` on that is not inside a pause. */
  releaseUs(timeUs: number): number {
    const since = timeUs - this.firstUs;
    if (since < 0) return timeUs;
    const into = since % this.everyUs;
    return into < this.forUs ? timeUs - into + this.forUs : timeUs;
  }

  /**
   * From now to the end of the pause that begins at `startUs`; 0 when that is over. A timer counts whole milliseconds, so now
   * may be just before the start.
   */
  leftUs(startUs: number, nowUs: number): number {
    const atUs = Math.max(startUs, nowUs);
    const endUs = this.releaseUs(atUs);
    return endUs > atUs ? endUs - nowUs : 0;
  }

  /** Start of the first pause that begins at or after `timeUs`. */
  nextStartUs(timeUs: number): number {
    const periods = Math.max(0, Math.ceil((timeUs - this.firstUs) / this.everyUs));
    return this.firstUs + periods * this.everyUs;
  }
}

/** Stands still, with everything in this process, without using the processor. */
export function standStill(forMs: number): void {
  standStillUntil(monotonicUs() + forMs * 1000);
}
