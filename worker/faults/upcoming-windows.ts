/** The windows of a plan that have not begun. Kept by faults.ts. Invariant: each is taken once, however the plan's phases move. */
import type { Population } from "../../shared/load/arrivals.ts";
import { type FaultWindow, faultWindows } from "../../shared/scenario/fault-windows.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";

export class UpcomingWindows {
  #faults: readonly StrictFault[] = [];
  readonly #taken = new Set<number>();
  /** The next one last. */
  #windows: FaultWindow[] = [];

  /** Run time; Infinity: there is none. */
  get nextUs(): number {
    return this.#windows.at(-1)?.fromUs ?? Number.POSITIVE_INFINITY;
  }

  /** There are more, behind those there were, or some were called off. */
  change(faults: readonly StrictFault[]): void {
    this.#faults = faults;
  }

  /** Those that have not begun move with the phases of the plan. @returns all windows as they are by now */
  follow({ profile }: Population): readonly FaultWindow[] {
    const phases = profile.phases.map(({ fromUs, toUs }) => ({ durationUs: toUs - fromUs }));
    const windows = faultWindows({ phases, faults: this.#faults });
    this.#windows = windows
      .filter(({ position, isCalledOff }) => !isCalledOff && !this.#taken.has(position))
      .sort((a, b) => b.fromUs - a.fromUs || b.position - a.position);
    return windows;
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
