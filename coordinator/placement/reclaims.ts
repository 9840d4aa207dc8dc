/**
 * After the store has forgotten everything: waits until those who may hold slices have claimed them again, or have stopped.
 * A worker may hold a slice whose claim no coordinator has seen; offered again too early, two would run it. Used by
 * placement.ts. Bounded by the workers' lease.
 */
import type { ActiveRun } from "../active-run/active-run.ts";

/** Beyond the lease: how late an engine may take its turn. */
const MARGIN_US = 1_500_000;
/** The lease of workers nobody knows. */
const DEFAULT_FENCE_US = 30_000_000;

export class Reclaims {
  readonly #run: ActiveRun;
  readonly #awaited = new Set<number>();
  #untilUs = Number.NEGATIVE_INFINITY;

  constructor(run: ActiveRun) {
    this.#run = run;
  }

  /** @param watched this coordinator has been there before: it knows who served the run, all of them */
  begin(watched: boolean): void {
    const { assignment } = this.#run;
    const workers = assignment.workers();
    for (const { epoch } of workers) this.#awaited.add(epoch);
    if (watched) return;
    const fenceUs = Math.max(0, ...workers.map(({ info }) => info.fenceAfterMs * 1000));
    this.#untilUs = this.#run.nowUs() + (fenceUs || DEFAULT_FENCE_US) + MARGIN_US;
  }

  /** Somebody may still hold a slice that nobody knows of. */
  get pending(): boolean {
    const { fleet } = this.#run.request;
    for (const epoch of this.#awaited) {
      const member = fleet.member(epoch);
      // What it said in an earlier life of the store may arrive late.
      const said = member?.attached === true && member.status?.claimedIn === fleet.generation;
      if (!member || member.overdue || said) this.#awaited.delete(epoch);
    }
    return this.#awaited.size > 0 || this.#run.nowUs() < this.#untilUs;
  }
}
