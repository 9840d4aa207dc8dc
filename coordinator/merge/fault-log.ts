/**
 * The faults of a run as its journal tells of them: which have begun, and which are over. Part of run-fold.ts. Invariant: it
 * follows from the events alone, so a coordinator that starts again tells of none twice. Bound: the windows of the scenario.
 */
import type { FaultEvent } from "../store/event.ts";

export interface ToldFault {
  /** Run time at which it was to begin. */
  readonly atUs: number;
  /** Connections it was to hit by plan; null: how many of them that is depends on the workers. */
  readonly victims: number | null;
  isOver: boolean;
}

export class FaultLog {
  /** By the window's place among all windows. */
  readonly told = new Map<number, ToldFault>();

  apply(event: FaultEvent): void {
    const { window } = event;
    const known = this.told.get(window);
    if (event.type === "fault-ended") {
      if (known) known.isOver = true;
      return;
    }
    this.told.set(window, { atUs: event.atUs, victims: event.victims, isOver: false });
  }
}
