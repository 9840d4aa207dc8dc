/** The windows of a plan that have not begun. Kept by faults.ts. Invariant: each is taken once, however the plan's phases move. */
import type { Population } from "../../shared/load/arrivals.ts";
import { type FaultWindow, faultWindows } from "../../shared/scenario/fault-windows.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";

export class UpcomingWindows {
  readonly #faults: readonly StrictFault[];
  readonly #taken = new Set<number>();
  /** The next one last. */
  #windows: FaultWindow[] = [];

  constructor(faults: readonly StrictFault[]) {
    this.#faults = faults;
  }

  /** Run time; Infinity: there is none. */
  get nextUs(): number {
    return this.#windows.at(-1)?.fromUs ?? Number.POSITIVE_INFINITY;
  }

  /** Those that have not begun move with the phases of the plan. */
  follow({ profile }: Population): void {
    const phases = profile.phases.map(({ fromUs, toUs }) => ({ durationUs: toUs - fromUs }));
    this.#windows = faultWindows({ phases, faults: this.#faults })
      .filter(({ position }) => !this.#taken.has(position))
      .sort((a, b) => b.fromUs - a.fromUs || b.position - a.position);
  }

  /** Those that begin by now, in order. */
  *take(nowUs: number): Generator<FaultWindow> {
    while (this.nextUs <= nowUs) {
      const window = this.#windows.pop() as FaultWindow;
      this.#taken.add(window.position);
      yield window;
    }
  }

  drop(): void {
    this.#windows = [];
  }
}
