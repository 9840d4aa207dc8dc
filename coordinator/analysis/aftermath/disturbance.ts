/**
 * What disturbs a run on purpose, and until when what comes after it can be told apart from what comes next. Pure; used for the summary and
 * its finding. Invariant: of two that overlap only the one that ends last is followed by anything that can be told.
 */
import { type FaultWindow, faultWindows } from "../../../shared/scenario/fault-windows.ts";
import { lastingUs } from "../../../shared/scenario/sections/outside-faults.ts";
import { outsideTimes } from "../../../shared/scenario/strict-outside.ts";
import { phaseSpans } from "../../merge/facts.ts";
import { countsOfWindow } from "../../merge/fault-counts.ts";
import type { RunFold } from "../../merge/run-fold.ts";

const SECOND_US = 1_000_000;

interface Stretch {
  readonly id: string;
  /** Run time, microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Connections that it hit, and whose client has given up. */
  readonly gone: number;
  /** It says itself how long it lasts; what a call or a command has stopped may be away for longer. */
  readonly isEndKnown: boolean;
}

export interface Disturbance extends Stretch {
  /** Whole seconds of run time: when the next one begins, or the load of the plan is over. */
  readonly untilSecond: number;
}

/** Of faults that have begun: those that hit connections, and those outside of the load. */
export function disturbancesIn(fold: RunFold): Disturbance[] {
  const faults = faultWindows(fold.facts.scenario)
    .filter(({ position }) => fold.faults.told.has(position))
    .map((window) => stretchOf(fold, window));
  const outside = outsideIn(fold).filter(({ isDone }) => isDone);
  return [...faults, ...outside].map((one) => disturbance(fold, one));
}

export function disturbanceOf(fold: RunFold, window: FaultWindow): Disturbance {
  return disturbance(fold, stretchOf(fold, window));
}

function disturbance(fold: RunFold, one: Stretch): Disturbance {
  const { scenario } = fold.facts;
  const all = [
    ...faultWindows(scenario)
      .filter(({ isCalledOff }) => !isCalledOff)
      .map(({ id, fromUs, untilUs: toUs }) => ({ id, fromUs, toUs })),
    ...outsideIn(fold),
  ];
  const next = all
    .filter(({ id, fromUs, toUs }) => id !== one.id && (fromUs >= one.toUs || toUs > one.toUs))
    .map(({ fromUs }) => Math.floor(Math.max(fromUs, one.toUs) / SECOND_US));
  const endSecond = Math.floor((phaseSpans(scenario).at(-1)?.toUs ?? 0) / SECOND_US);
  return { ...one, untilSecond: Math.min(endSecond, ...next) };
}

function stretchOf(fold: RunFold, { position, id, fromUs, untilUs }: FaultWindow): Stretch {
  const { failed } = countsOfWindow(fold.merge, fold.facts.scenario, position);
  return { id, fromUs, toUs: untilUs, gone: failed, isEndKnown: true };
}

/** Those that began, for as long as they say, or took. */
export function outsideIn({ facts, outside }: RunFold): (Stretch & { readonly isDone: boolean })[] {
  return outsideTimes(facts.scenario).flatMap(({ position, id, outside: { act, limitUs } }) => {
    const { beganUs = null, ended = null } = outside.told.get(position) ?? {};
    if (beganUs === null) return [];
    const lastsUs = lastingUs(act);
    // What nobody has told the end of may go on to its limit.
    const toUs = Math.max(beganUs + lastsUs, ended?.atUs ?? beganUs + limitUs);
    const isEndKnown = lastsUs > 0;
    return [{ id, fromUs: beganUs, toUs, gone: 0, isEndKnown, isDone: ended?.ok === true }];
  });
}
