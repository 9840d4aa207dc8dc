/**
 * The part of summary.json on how long connections lasted, and the whole curve for the chart. Pure; used by summary.ts and model.ts. Invariant:
 * absent without unplanned ends, or where their ages are not known.
 */
import type { Survival } from "../../analysis/survival/survival.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { labelOf } from "../model/failures.ts";
import type { CurvePoint } from "../outline/plot.ts";
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

/** The ages by which shares of connections had ended, as a percentile curve has them. */
export function survivalCurve(seen: Survival | null): CurvePoint[] {
  if (seen === null) return [];
  // No further than so many ends can tell.
  const last = 1 - 1 / (2 * seen.ended);
  return thinned(seen.steps, CURVE_POINTS).map(({ age, share }) => {
    return { percentile: Math.min(1 - share, last), ms: toMs(age) };
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
