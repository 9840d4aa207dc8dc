/**
 * The part of summary.json on how long connections lasted, and the whole curve for the chart. Pure; used by summary.ts and model.ts. Invariant:
 * absent without unplanned ends, or where their ages are not known.
 */
import type { Survival } from "../../analysis/survival/survival.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { labelOf } from "../model/failures.ts";
import { toMs } from "../quantiles.ts";
import type { Summary } from "../summary-schema.ts";
import type { SummarySurvival } from "./survival-schema.ts";

const AGES = 24;
const CURVE_POINTS = 300;

/** @param seen null: not known, or there were none */
export function survivalSection(fold: RunFold, seen: Survival | null): Pick<Summary, "survival"> {
  if (seen === null) return {};
  const { connections, ended, known, moments, steps, hasIntervals, hazard } = seen;
  const half = steps.find(({ share }) => share <= 0.5);
  const { targets } = fold.facts.scenario;
  return {
    survival: {
      ...{ connections, ended, known, moments: rounded(moments) },
      medianMs: half === undefined ? null : toMs(half.age),
      left: thinned(steps, AGES).map(({ age, share, low, high }) => {
        const interval = hasIntervals ? { low: rounded(low), high: rounded(high) } : null;
        return { ageMs: toMs(age), share: rounded(share), interval };
      }),
      hazard: hazard.map(hazardRow),
      targets: seen.targets.map(({ target, ended: own, expected, p }) => {
        const label = labelOf(targets[target] as (typeof targets)[number], target);
        return { target: label, ended: rounded(own), expected: rounded(expected), p: rounded(p) };
      }),
    },
  };
}

function hazardRow(bin: Survival["hazard"][number]): SummarySurvival["hazard"][number] {
  const { fromSeconds, toSeconds, ended, openSeconds, perHour, interval } = bin;
  return {
    ...{ fromMs: fromSeconds * 1000, toMs: toSeconds * 1000 },
    ...{ ended: rounded(ended), openSeconds: rounded(openSeconds), perHour: rounded(perHour) },
    interval: interval && { low: rounded(interval.low), high: rounded(interval.high) },
  };
}

/** A step of the curve: the share left from an age on, with its 95 % band. */
export interface SurvivalPoint {
  readonly ms: number;
  readonly share: number;
  /** null: the ends came in too few moments to have one. */
  readonly band: { readonly low: number; readonly high: number } | null;
}

/** From age 0, at which all are left, on; nothing where it is not known. */
export function survivalCurve(seen: Survival | null): SurvivalPoint[] {
  if (seen === null) return [];
  const start = { age: 0, share: 1, low: 1, high: 1 };
  return [start, ...thinned(seen.steps, CURVE_POINTS)].map(({ age, share, low, high }) => {
    return { ms: toMs(age), share, band: seen.hasIntervals ? { low, high } : null };
  });
}

/** As many at most, by equal parts of what ended, the first and the last among them. */
function thinned<T extends { readonly share: number }>(steps: readonly T[], most: number): T[] {
  const [first, last] = [steps[0]?.share ?? 1, steps.at(-1)?.share ?? 1];
  let part = -1;
  return steps.filter(({ share }, at) => {
    const own = first === last ? 0 : Math.floor(((most - 2) * (first - share)) / (first - last));
    if (own === part && at < steps.length - 1) return false;
    part = own;
    return true;
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
