/**
 * One condition over the seconds of a run: how long it has held. Made by checkpoints.ts. Invariant: a second is judged once, when all
 * engines have reported it, in order; a coordinator that starts again comes to the same, for it begins with as many seconds as it needs.
 */
import {
  compileMeasured,
  type MeasuredCondition,
} from "../../shared/scenario/expression/measured-expression.ts";
import type { StrictCheckpoint } from "../../shared/scenario/strict-beside.ts";
import { recentMeasure } from "../analysis/recent.ts";
import { phaseAt, phaseSpans } from "../merge/facts.ts";
import type { RunFold } from "../merge/run-fold.ts";

const SECOND_US = 1_000_000;

export type Observed = Readonly<Record<string, number | null>>;

export class Condition {
  readonly #condition: MeasuredCondition;
  readonly #windowSeconds: number;
  /** Seconds in a row that make it. */
  readonly #wanted: number;
  /** The second to be judged next, and how many before it held in a row. */
  #next: number;
  #held = 0;

  /** @param judged seconds of the run that all engines have reported by now */
  constructor({ windowUs, forUs }: StrictCheckpoint, when: string, judged: number) {
    this.#condition = compileMeasured(when);
    this.#windowSeconds = Math.ceil(windowUs / SECOND_US);
    this.#wanted = Math.max(1, Math.ceil(forUs / SECOND_US));
    this.#next = Math.max(0, judged - this.#wanted);
  }

  /** Judges what was reported since. @param fromUs earlier seconds do not count. @returns what it read where it has held for long enough */
  look(fold: RunFold, fromUs: number): Observed | null {
    const last = fold.closedThrough();
    for (; this.#next <= last; this.#next++) {
      const second = this.#next;
      if (second * SECOND_US < fromUs) continue;
      const observed = this.#observe(fold, second);
      this.#held = observed === null ? 0 : this.#held + 1;
      if (observed !== null && this.#held >= this.#wanted) return observed;
    }
    return null;
  }

  /** null: it does not hold. */
  #observe(fold: RunFold, second: number): Observed | null {
    const window = { from: Math.max(0, second + 1 - this.#windowSeconds), to: second + 1 };
    const observed: Record<string, number | null> = {};
    const phase = phaseAt(phaseSpans(fold.facts.scenario), second * SECOND_US)?.phase ?? "";
    const holds = this.#condition.test({
      phase,
      elapsed: second + 1,
      read: (one) => {
        const value = recentMeasure(fold, one, window);
        observed[`${one.measure}.${one.key}`] = value;
        return value;
      },
    });
    return holds ? observed : null;
  }
}
