/**
 * Faults of a strict scenario that are done outside of it, once at a time: a request to another service, a command. As in strict.ts
 * nothing is optional and every unit is fixed; all of it is plain data.
 */
import type { OutsideAct } from "./sections/faults/outside/registry.ts";

export interface StrictOutside {
  /** Unique among the faults of the scenario. */
  readonly name: string;
  /** Position of the phase it is anchored to, and how long after the phase's beginning it is done first. */
  readonly phase: number;
  readonly offsetUs: number;
  /** From one time to the next. */
  readonly everyUs: number;
  readonly times: number;
  /** What is not over by then is ended. */
  readonly limitUs: number;
  readonly act: OutsideAct;
}

/** A time that one is to be done. */
export interface OutsideTime {
  /** Place among all times of a scenario. */
  readonly position: number;
  /** The name, with the number of the repetition where there are several. */
  readonly id: string;
  readonly outside: StrictOutside;
  /** Run time, microseconds. */
  readonly atUs: number;
}

/** @returns in the order of the scenario, repetitions one after another; places and ids do not move with the phases */
export function outsideTimes({
  phases,
  outside: all,
}: {
  readonly phases: readonly { readonly durationUs: number }[];
  readonly outside: readonly StrictOutside[];
}): readonly OutsideTime[] {
  const times: OutsideTime[] = [];
  for (const outside of all) {
    const { name, phase, offsetUs, everyUs } = outside;
    const fromUs = phases
      .slice(0, phase)
      .reduce((sum, { durationUs }) => sum + durationUs, offsetUs);
    for (let turn = 0; turn < outside.times; turn++) {
      const id = outside.times === 1 ? name : `${name}#${turn + 1}`;
      times.push({ position: times.length, id, outside, atUs: fromUs + turn * everyUs });
    }
  }
  return times;
}
