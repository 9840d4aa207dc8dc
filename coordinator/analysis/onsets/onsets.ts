/**
 * What failed first: the series of a run that left their normal band, in the order in which they did. Pure; called by report/onsets. Invariant:
 * silent unless the target's failures left theirs; the chance of a false first one is shared out over all series.
 */
import { phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { disturbancesIn } from "../aftermath/disturbance.ts";
import { median } from "../stats/interval.ts";
import { type Onset, onsetOfCounts, onsetOfLevel } from "../stats/onset.ts";
import { periodOf } from "../stats/periodicity.ts";
import { type CountSeries, type LevelSeries, Observed, type Subject } from "./series.ts";

/** Of a run in which nothing changes, the chance that anything is said to. */
const CHANCE = 0.05;
/** Seconds from an onset on that are its level. */
const AFTER = 10;
const MOST_PERIOD_P = 0.01;
/** What a fault did is felt for as long after it, in seconds. */
const AFTERMATH = 5;
const SECOND_US = 1_000_000;

export interface RunOnset {
  readonly subject: Subject;
  /** 1 for what was first; equal where the run cannot tell which came before. */
  readonly place: number;
  /** Second of run time; `from` and `to` are the first and the last it may be (95 %). */
  readonly second: number;
  readonly from: number;
  readonly to: number;
  readonly phase: string | null;
  /** Events a second, of latency the median in microseconds. */
  readonly before: number;
  readonly after: number;
  /** Seconds after which it comes again and again. */
  readonly period: number | null;
  /** A fault that acted then. */
  readonly fault: string | null;
}

/** In order of time; none unless failures of the target left their band. */
export function onsetsOf(fold: RunFold): RunOnset[] {
  const observed = new Observed(fold);
  const failures = observed.failures();
  if (failures.length === 0) return [];
  const level = CHANCE / failures.length;
  const first = failures.flatMap((one) => countOnset(fold, one, level));
  if (first.length === 0) return [];
  const [others, latencies] = [observed.others(), observed.latencies()];
  const rest = CHANCE / Math.max(1, others.length + latencies.length);
  const all = [
    ...first,
    ...others.flatMap((one) => countOnset(fold, one, rest)),
    ...latencies.flatMap((one) => levelOnset(fold, one, rest)),
  ];
  return placed(all.sort((a, b) => a.second - b.second || a.from - b.from));
}

function countOnset(fold: RunFold, series: CountSeries, level: number): RunOnset[] {
  const { subject, counts, exposure } = series;
  const onset = onsetOfCounts(counts, exposure, level);
  if (onset === null) return [];
  const rate = (from: number, to: number) => {
    const part = counts.slice(from, to);
    return part.reduce((sum, one) => sum + one, 0) / Math.max(1, part.length);
  };
  // A change of level is no period, and there was none before.
  const period = periodOf(counts.slice(onset.at));
  return [
    {
      ...told(fold, subject, onset),
      ...{ before: rate(0, onset.from), after: rate(onset.at, onset.at + AFTER) },
      period: period !== null && period.p < MOST_PERIOD_P ? period.length : null,
    },
  ];
}

function levelOnset(fold: RunFold, { subject, values }: LevelSeries, level: number): RunOnset[] {
  const onset = onsetOfLevel(values.map(Math.log), level);
  if (onset === null) return [];
  const middle = (from: number, to: number) =>
    median(values.slice(from, to).filter((one) => !Number.isNaN(one)));
  return [
    {
      ...told(fold, subject, onset),
      ...{ before: middle(0, onset.from), after: middle(onset.at, onset.at + AFTER) },
      period: null,
    },
  ];
}

function told(fold: RunFold, subject: Subject, { at, from, to }: Onset) {
  const span = phaseSpans(fold.facts.scenario).find(
    ({ fromUs, toUs }) => at * SECOND_US >= fromUs && at * SECOND_US < toUs,
  );
  const fault = disturbancesIn(fold).find(
    ({ fromUs, toUs }) =>
      (to + 1) * SECOND_US > fromUs && from * SECOND_US < toUs + AFTERMATH * SECOND_US,
  );
  const context = { phase: span?.phase ?? null, fault: fault?.id ?? null };
  return { subject, place: 1, second: at, from, to, ...context };
}

/** What may have been as early as the first of a place has that place. */
function placed(all: readonly RunOnset[]): RunOnset[] {
  let place = 0;
  let latest = Number.NEGATIVE_INFINITY;
  return all.map((one) => {
    if (one.from > latest) {
      place++;
      latest = one.to;
    }
    return { ...one, place };
  });
}
