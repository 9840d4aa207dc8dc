/**
 * What failed first: the series of a run that left their normal band, in the order in which they did. Pure; called by report/onsets. Invariant:
 * silent unless the target's failures left theirs; the chance of a false first one is shared out over all series.
 */
import { phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { disturbedIn } from "../diagnosis/signals.ts";
import { median } from "../stats/interval.ts";
import { type Onset, onsetOfCounts, onsetOfLevel } from "../stats/onset.ts";
import { periodOf } from "../stats/periodicity.ts";
import { type CountSeries, type LevelSeries, Observed, type Subject } from "./series.ts";

/** Of a run in which nothing changes, the chance that anything is said to. */
const CHANCE = 0.05;
/** Seconds from an onset on that are its level. */
const AFTER = 10;
const MOST_PERIOD_P = 0.01;
const SECOND_US = 1_000_000;
/** Of single moments, at least. */
const CLOCK_US = 1000;

export interface RunOnset {
  readonly subject: Subject;
  /** 1 for what was first; equal where the run cannot tell which came before. */
  readonly place: number;
  /** Microseconds of run time, and between which moments it lies (95 %). */
  readonly atUs: number;
  readonly fromUs: number;
  readonly toUs: number;
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
  return placed(all);
}

function countOnset(fold: RunFold, series: CountSeries, level: number): RunOnset[] {
  const { subject, counts, exposure } = series;
  const onset = onsetOfCounts(counts, exposure, level);
  if (onset === null) return [];
  const isKnown = (second: number) => (exposure[second] ?? 0) > 0;
  const rate = (from: number, to: number) => {
    const known = counts.slice(from, to).filter((_, at) => isKnown(from + at));
    return known.reduce((sum, one) => sum + one, 0) / Math.max(1, known.length);
  };
  // A change of level is no period, and there was none before; nor can it be seen through gaps.
  const isWhole = counts.every((_, second) => second < onset.at || isKnown(second));
  const period = isWhole ? periodOf(counts.slice(onset.at)) : null;
  const isNew = counts.slice(0, onset.from).every((one) => one === 0);
  const span = isNew && subject.what === "failure" ? firstOf(fold, subject.kind, onset) : null;
  return [
    {
      ...told(fold, subject, span ?? spanOf(onset)),
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
      ...told(fold, subject, spanOf(onset)),
      ...{ before: middle(0, onset.from), after: middle(onset.at, onset.at + AFTER) },
      period: null,
    },
  ];
}

type Span = Pick<RunOnset, "atUs" | "fromUs" | "toUs">;

function spanOf({ at, from, to }: Onset): Span {
  return { atUs: at * SECOND_US, fromUs: from * SECOND_US, toUs: (to + 1) * SECOND_US };
}

/** Of what had never failed so: the moment of the first that is known one by one, as well as the clocks of the workers agree. */
function firstOf({ merge }: RunFold, kind: string, onset: Onset): Span | null {
  const whole = spanOf(onset);
  const events = merge.evidence.events
    .failures()
    .filter(
      (one) =>
        one.kind === kind && !one.isInjected && one.atUs >= whole.fromUs && one.atUs < whole.toUs,
    );
  const [first] = events;
  if (first === undefined) return null;
  const errorUs = [...merge.workers.values()].reduce(
    (most, { start }) => Math.max(most, start?.clockErrorUs ?? 0),
    CLOCK_US,
  );
  // Of a sample the first is known, and not what came before it.
  const isWhole = events.every(({ weight }) => weight === 1);
  const fromUs = isWhole ? Math.max(0, first.atUs - errorUs) : whole.fromUs;
  return { atUs: first.atUs, fromUs, toUs: first.atUs + errorUs };
}

function told(fold: RunFold, subject: Subject, span: Span) {
  const phase = phaseSpans(fold.facts.scenario).find(
    ({ fromUs, toUs }) => span.atUs >= fromUs && span.atUs < toUs,
  );
  const fault = disturbedIn(fold).find(
    ({ stretch: [from, to] }) => span.toUs > from * SECOND_US && span.fromUs < to * SECOND_US,
  );
  const context = { phase: phase?.phase ?? null, fault: fault?.id ?? null };
  return { subject, place: 1, ...span, ...context };
}

/** One place behind the last of those that surely came before. */
function placed(all: readonly RunOnset[]): RunOnset[] {
  const done: RunOnset[] = [];
  for (const one of [...all].sort((a, b) => a.fromUs - b.fromUs)) {
    const before = done.filter(({ toUs }) => toUs <= one.fromUs).map(({ place }) => place);
    done.push({ ...one, place: 1 + Math.max(0, ...before) });
  }
  return done.sort((a, b) => a.place - b.place || a.atUs - b.atUs);
}
