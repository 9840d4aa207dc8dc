/**
 * How much of the time a CPU quota has stopped this process, from one look to the next. Used by self-check.ts. A quota stops
 * every thread for the rest of a period (100 ms, as a rule) when it is used up: what arrives meanwhile is read late, and no
 * single stop is long enough to be seen as a standstill.
 * Invariant: never more than it can have been: the kernel adds up its processors, so its periods bound that.
 */
import { Cgroup, type Throttling } from "../../shared/cgroup/cgroup.ts";

export class QuotaWatch {
  readonly #cgroup: Cgroup;
  #last: Throttling | null;

  constructor(cgroup = new Cgroup()) {
    this.#cgroup = cgroup;
    this.#last = cgroup.throttling();
  }

  /** Share of the last `spanUs` in which it stood still for its quota, 0..1; 0 without one. */
  sample(spanUs: number): number {
    const now = this.#cgroup.throttling();
    const last = this.#last;
    this.#last = now;
    if (now === null || last === null) return 0;
    const addedUpUs = now.throttledUs - last.throttledUs;
    const periodsUs = (now.periods - last.periods) * now.periodUs;
    return Math.min(1, Math.max(0, Math.min(addedUpUs, periodsUs) / spanUs));
  }
}
