/**
 * Notes in a run what people change about its workers while it goes on: those that are drained, and how many may serve it.
 * Called by watch.ts at each look. Invariant: one note for each change; what stood when the watch began is no change.
 */

import type { ActiveRun } from "../active-run/active-run.ts";
import { countOf } from "../report/text/format.ts";

export class Staffing {
  readonly #run: ActiveRun;
  readonly #leaving: Set<number>;
  #most: number | null;
  #rebalances: number;

  constructor(run: ActiveRun) {
    this.#run = run;
    this.#leaving = new Set(leavingOf(run).map(({ epoch }) => epoch));
    ({ most: this.#most, rebalances: this.#rebalances } = commandsOf(run));
  }

  check(): void {
    const run = this.#run;
    for (const { epoch, info } of leavingOf(run)) {
      if (this.#leaving.has(epoch)) continue;
      this.#leaving.add(epoch);
      run.note(`Worker ${info.id} leaves (drained): others take over what it holds.`);
    }
    const { most, rebalances } = commandsOf(run);
    if (most !== this.#most) {
      const how =
        most === null ? "as many workers as there are" : `at most ${countOf(most, "worker")}`;
      run.note(`Scaled: ${how} may serve the run from now on.`);
    }
    if (rebalances !== this.#rebalances) {
      run.note("Rebalanced: open connections are spread anew over all workers.");
    }
    this.#most = most;
    this.#rebalances = rebalances;
  }
}

function leavingOf({ assignment }: ActiveRun) {
  return assignment.workers().filter(({ status }) => status?.leaving === true);
}

function commandsOf({ request }: ActiveRun) {
  return request.control.workers ?? { most: null, rebalances: 0 };
}
