/**
 * Knows when a lost worker is made up for: all its lanes are held by others, and they have had the time to open again
 * what is to be open. Used by watch.ts. Invariant: said once for each lost worker, and never before it is true.
 */

import type { ActiveRun } from "../active-run/active-run.ts";
import type { WorkerRecord } from "../merge/worker/worker-record.ts";

/** A holder that does not say it is ready is believed to be after the time it has, and this. */
const UNSAID_US = 10_000_000;

export class Recovery {
  readonly #run: ActiveRun;
  /** Epoch of the lost -> when all its lanes were seen held. */
  readonly #heldSinceUs = new Map<number, number>();

  constructor(run: ActiveRun) {
    this.#run = run;
  }

  check(): void {
    const { log } = this.#run;
    for (const record of log.fold.merge.workers.values()) {
      if (record.loss?.recovery === "open") this.#checkOne(record, record.loss.lanes);
    }
  }

  #checkOne({ epoch, loss }: WorkerRecord, lanes: readonly number[]): void {
    const { log, plan } = this.#run;
    const nowUs = log.elapsedUs;
    const held = lanes.every((lane) => log.fold.lanes.entry(lane).holder !== null);
    if (!held || nowUs === null) {
      this.#heldSinceUs.delete(epoch);
      return;
    }
    const sinceUs = this.#heldSinceUs.get(epoch) ?? nowUs;
    this.#heldSinceUs.set(epoch, sinceUs);
    const { recoverWithinUs } = plan.document;
    const overdue = nowUs - sinceUs > recoverWithinUs + UNSAID_US;
    if (!overdue && !lanes.every((lane) => this.#isExecuted(lane))) return;
    const untilUs = Math.round(nowUs + (overdue ? 0 : recoverWithinUs));
    const fromUs = loss?.reportedUs ?? 0;
    let opens = 0;
    for (const lane of lanes) {
      opens += plan.opensOfLane(log.fold.lanes.entry(lane).lane, fromUs, untilUs);
    }
    log.event({ type: "worker-recovered", epoch, untilUs, opens });
  }

  /** Its holder runs, and has given all its lanes to engines. */
  #isExecuted(lane: number): boolean {
    const { log, request } = this.#run;
    const { holder } = log.fold.lanes.entry(lane);
    const status = holder === null ? null : request.fleet.member(holder)?.status;
    return status?.state === "running" && status.lanesReady >= status.lanesHeld;
  }
}
