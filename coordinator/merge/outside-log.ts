/**
 * The faults outside of the load as a run's journal tells of them. Part of run-fold.ts. Invariant: it follows from the events alone, so
 * a coordinator that starts again does nothing twice. Bound: the times of the scenario.
 */
import type { WorkerEffect } from "../../shared/scenario/sections/faults/outside/worker-act.ts";
import type { WorkerOrder } from "../../shared/wire/command.ts";
import type { RunEvent } from "../store/event.ts";
import type { Disturbances } from "./disturbances.ts";

type OutsideEvent = Extract<
  RunEvent,
  { type: "outside-began" | "outside-ordered" | "outside-ended" }
>;

export interface ToldOutside {
  /** Run time at which it began; null: it never did. */
  beganUs: number | null;
  /** What workers were asked to do to themselves; null: it is no fault of workers, or there were none. */
  ordered: Ordered | null;
  /** What came of it; null: nobody has said. */
  ended: {
    readonly ok: boolean;
    readonly outcome: string;
    /** Run time. */
    readonly atUs: number | null;
  } | null;
}

export interface Ordered {
  readonly id: string;
  readonly epochs: readonly number[];
  readonly effect: WorkerEffect;
  /** Run time at which they were asked. */
  readonly atUs: number;
}

export class OutsideLog {
  /** By the place among all times. */
  readonly told = new Map<number, ToldOutside>();
  readonly #disturbances: Disturbances;

  /** @param disturbances what its faults disturb is added there */
  constructor(disturbances: Disturbances) {
    this.#disturbances = disturbances;
  }

  /** What workers are asked to do, and have not all said to do. */
  get orders(): readonly WorkerOrder[] {
    return [...this.told].flatMap(([id, { ordered, ended }]) => {
      if (ordered === null || ended !== null) return [];
      return [{ id, epochs: ordered.epochs, effect: ordered.effect }];
    });
  }

  /** All that workers were ever asked to do. */
  get ordered(): readonly Ordered[] {
    return [...this.told.values()].flatMap(({ ordered }) => ordered ?? []);
  }

  apply(event: OutsideEvent): void {
    const { position, elapsedUs } = event;
    const known = this.told.get(position) ?? { beganUs: null, ordered: null, ended: null };
    this.told.set(position, known);
    switch (event.type) {
      case "outside-began":
        known.beganUs = elapsedUs;
        return;
      case "outside-ordered": {
        const { id, epochs, effect } = event;
        known.ordered = { id, epochs, effect, atUs: elapsedUs ?? 0 };
        this.#disturbances.pause(effect, known.ordered.atUs);
        return;
      }
      case "outside-ended":
        known.ended = { ok: event.ok, outcome: event.outcome, atUs: elapsedUs };
    }
  }
}
