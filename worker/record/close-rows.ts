/** Why connections closed since the last frame, by cause. Owned by the recorder. Invariant: one cause for each that closed. */
import { indexOf } from "../../shared/stats/counters.ts";
import { CLOSE_CAUSES, type CloseCause } from "../../shared/stats/failure-kind.ts";

const CAUSE = indexOf(CLOSE_CAUSES);

export class CloseRows {
  readonly #counts = new Float64Array(CLOSE_CAUSES.length);

  count(cause: CloseCause): void {
    this.#counts[CAUSE[cause]] = (this.#counts[CAUSE[cause]] as number) + 1;
  }

  /** Those with any. */
  cut(): { readonly cause: CloseCause; readonly count: number }[] {
    const cut = CLOSE_CAUSES.map((cause, at) => ({ cause, count: this.#counts[at] as number }));
    this.#counts.fill(0);
    return cut.filter(({ count }) => count > 0);
  }
}
