/**
 * The faults outside of the load as a run's journal tells of them. Part of run-fold.ts. Invariant: it follows from the events alone, so
 * a coordinator that starts again does nothing twice. Bound: the times of the scenario.
 */
import type { RunEvent } from "../store/event.ts";

type OutsideEvent = Extract<RunEvent, { type: "outside-began" | "outside-ended" }>;

export interface ToldOutside {
  /** Run time at which it began; null: it never did. */
  beganUs: number | null;
  /** What came of it; null: nobody has said. */
  ended: {
    readonly ok: boolean;
    readonly outcome: string;
    /** Run time. */
    readonly atUs: number | null;
  } | null;
}

export class OutsideLog {
  /** By the place among all times. */
  readonly told = new Map<number, ToldOutside>();

  apply(event: OutsideEvent): void {
    const known = this.told.get(event.position) ?? { beganUs: null, ended: null };
    this.told.set(event.position, known);
    if (event.type === "outside-began") known.beganUs = event.elapsedUs;
    else known.ended = { ok: event.ok, outcome: event.outcome, atUs: event.elapsedUs };
  }
}
