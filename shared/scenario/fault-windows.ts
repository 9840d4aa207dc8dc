/**
 * When the faults of a scenario act, in run time: a window for each time a fault begins. Called by workers, which act, and by
 * the coordinator, which tells of them. Pure arithmetic over the phases as they are by now.
 * Invariant: the windows of the scenario as it was written come first, and their number, order and ids stay; their times move
 * with the ends of find-limit phases before them. Faults that are asked for while the run goes on (live-fault.ts) add theirs
 * behind.
 */
import type { StrictScenario } from "./strict.ts";
import type { StrictFault } from "./strict-fault.ts";

/** All windows of a scenario together: each has counts and times of its own. */
export const MAX_WINDOWS = 200;

export interface FaultWindow {
  /** Place among all windows. */
  readonly position: number;
  readonly fault: StrictFault;
  /** The fault's name, with the number of the repetition where there are several. */
  readonly id: string;
  /** Run time, microseconds. */
  readonly fromUs: number;
  /** As planned; as fromUs for what is done in a moment. Who is hit follows from it. */
  readonly toUs: number;
  /** When it is over: toUs, or before, when it was ended by hand. */
  readonly untilUs: number;
  /** It was ended before it began. */
  readonly isCalledOff: boolean;
}

/** @returns the windows in the order of the scenario, repetitions one after another */
export function faultWindows({
  phases,
  faults,
}: {
  readonly phases: readonly { readonly durationUs: number }[];
  readonly faults: readonly StrictFault[];
}): readonly FaultWindow[] {
  const starts: number[] = [];
  let startUs = 0;
  for (const { durationUs } of phases) {
    starts.push(startUs);
    startUs += durationUs;
  }
  const windows: FaultWindow[] = [];
  for (const fault of faults) {
    for (let turn = 0; turn < fault.times; turn++) {
      const fromUs = (starts[fault.phase] ?? 0) + fault.offsetUs + turn * fault.everyUs;
      const id = windowId(fault, turn);
      const toUs = fromUs + fault.forUs;
      const endUs = fault.endedUs ?? Number.POSITIVE_INFINITY;
      windows.push({
        ...{ position: windows.length, fault, id, fromUs, toUs },
        ...{ untilUs: Math.min(toUs, Math.max(fromUs, endUs)), isCalledOff: endUs <= fromUs },
      });
    }
  }
  return windows;
}

function windowId({ name, times }: Pick<StrictFault, "name" | "times">, turn: number) {
  return times === 1 ? name : `${name}#${turn + 1}`;
}

/**
 * What faults are to blame for is counted apart: in a scenario with faults, behind its phases stands each of them once more.
 * @returns phases that counts may name
 */
export function countedPhases({
  phases,
  faults,
}: Pick<StrictScenario, "phases" | "faults">): number {
  return faults.length > 0 ? 2 * phases.length : phases.length;
}
