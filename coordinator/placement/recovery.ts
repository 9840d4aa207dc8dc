/**
 * Knows when a lost worker is made up for: all its slices are held by others, and they have had the time to open again
 * what is to be open. Used by watch.ts. Invariant: said once for each lost worker, and never before it is true.
 */

import type { ActiveRun } from "../active-run/active-run.ts";
import type { WorkerRecord } from "../merge/worker/worker-record.ts";

/** A holder that does not say it is ready is believed to be after the time it has, and this. */
const UNSAID_US = 10_000_000;

export class Recovery {
  readonly #run: ActiveRun;
  /** Epoch of the lost -> when all its slices were seen held. */
  readonly #heldSinceUs = new Map<number, number>();

  constructor(run: ActiveRun) {
    this.#run = run;
  }

  check(): void {
    const { log } = this.#run;
    for (const record of log.fold.merge.workers.values()) {
      if (record.loss?.recovery === "open") this.#checkOne(record, record.loss.slices);
    }
  }

  #checkOne({ epoch, loss }: WorkerRecord, slices: readonly number[]): void {
    const { log, plan } = this.#run;
    const nowUs = log.elapsedUs;
    const held = slices.every((slice) => log.fold.slices.entry(slice).holder !== null);
    if (!held || nowUs === null) {
      this.#heldSinceUs.delete(epoch);
      return;
    }
    const sinceUs = this.#heldSinceUs.get(epoch) ?? nowUs;
    this.#heldSinceUs.set(epoch, sinceUs);
    const { recoverWithinUs } = plan.document;
    const overdue = nowUs - sinceUs > recoverWithinUs + UNSAID_US;
    if (!overdue && !slices.every((slice) => this.#isExecuted(slice))) return;
    const untilUs = Math.round(nowUs + (overdue ? 0 : recoverWithinUs));
    const fromUs = loss?.reportedUs ?? 0;
    let opens = 0;
    for (const slice of slices) {
      opens += plan.opensOfSlice(log.fold.slices.entry(slice).slice, fromUs, untilUs);
    }
    log.event({ type: "worker-recovered", epoch, untilUs, opens });
  }

  /** Its holder runs, and has given all its slices to engines. */
  #isExecuted(slice: number): boolean {
    const { log, request } = this.#run;
    const { holder } = log.fold.slices.entry(slice);
    const status = holder === null ? null : request.fleet.member(holder)?.status;
    return status?.state === "running" && status.slicesReady >= status.slicesHeld;
  }
}
