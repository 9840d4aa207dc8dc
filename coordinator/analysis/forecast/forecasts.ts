/**
 * When figures reach their limits, one by one. Pure; called by report/forecast. Invariants: a forecast is for the load of the stretch it
 * rests on; what has no forecast has the reason; a figure of the generator is told of only where it reaches its limit by the forecast. Bound: MOST_FIGURES.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import type { TimelineRow } from "../../merge/timeline.ts";
import { steadyStretch } from "../diagnosis/latency/steady.ts";
import { Signals } from "../diagnosis/signals.ts";
import {
  type BackTest,
  forecastOf,
  LEAST_BLOCKS,
  type Reach,
  type Reading,
  type TrendLine,
} from "../stats/forecast.ts";
import { type Interval, mean } from "../stats/interval.ts";
import type { Figure } from "./forecaster.ts";
import { FORECASTERS } from "./registry.ts";

const MOST_FIGURES = 16;
const HOUR_SECONDS = 3600;
/** Standard deviations by which messages of a second differ at one rate. */
const CHANCE = 5;

/** Second and value of what was read, and the load then. */
interface Known extends Reading {
  readonly open: number;
  readonly sent: number;
}

export interface RunForecast {
  readonly figure: Pick<Figure, "name" | "of" | "limit">;
  /**
   * reached: in the run. reaches: the line comes to the limit within the horizon. later: not within it. grows: there is no limit. none:
   * there is no forecast.
   */
  readonly outcome: "reached" | "reaches" | "later" | "grows" | "none";
  /** Of none: as Forecast has it; unsteady: fewer readings than LEAST_BLOCKS at constant load. */
  readonly why: "unsteady" | "short" | "flat" | "untested" | null;
  /** What it rests on: the longest stretch of constant load with readings, in order of time. */
  readonly readings: readonly Reading[];
  readonly blocks: number;
  /** In seconds of run time, as if the load went on. */
  readonly reach: Reach | null;
  /** A second. */
  readonly growth: Interval | null;
  /** Of memory: a connection that is open for an hour, and a message that is sent, each as if it were to blame for all of it. */
  readonly perConnectionHour: Interval | null;
  readonly perMessage: Interval | null;
  readonly test: BackTest | null;
  readonly line: TrendLine | null;
}

export function forecastsOf(fold: RunFold): RunForecast[] {
  const figures = FORECASTERS.flatMap((one) => one.figures(fold));
  if (figures.length === 0) return [];
  const signals = new Signals(fold);
  return figures
    .slice(0, MOST_FIGURES)
    .map((figure) => forecast(signals, figure))
    .filter(({ figure, outcome }) => figure.of === "target" || outcome === "reaches");
}

function forecast(signals: Signals, figure: Figure): RunForecast {
  const known = knownOf(signals, figure);
  const bare = {
    ...{ figure, readings: known, blocks: 0, why: null, reach: null, growth: null },
    ...{ perConnectionHour: null, perMessage: null, test: null, line: null },
  };
  const reached = reachedAt(signals, figure);
  if (reached !== null) {
    return {
      ...bare,
      outcome: "reached",
      reach: { estimate: reached, earliest: null, latest: null },
    };
  }
  if (known.length < LEAST_BLOCKS) return { ...bare, outcome: "none", why: "unsteady" };
  const found = forecastOf(known, signals.fold.facts.scenario.seed);
  const { blocks, test } = found;
  if (found.kind === "none") return { ...bare, outcome: "none", why: found.why, blocks, test };
  const { line } = found;
  const reach = figure.limit === null ? null : line.reach(figure.limit);
  const outcome = reach === null ? "grows" : reach.estimate === null ? "later" : "reaches";
  const per = (load: number) => (figure.isMemory && load > 0 ? scaled(line.slope, 1 / load) : null);
  return {
    ...{ ...bare, outcome, blocks, test, line, reach, growth: line.slope },
    perConnectionHour: per(mean(known.map(({ open }) => open)) / HOUR_SECONDS),
    perMessage: per(mean(known.map(({ sent }) => sent))),
  };
}

function knownOf(signals: Signals, figure: Figure): readonly Known[] {
  const read = ({ second, open, sent }: TimelineRow) => {
    const value = figure.read(second);
    // Some time within the second.
    return value === null ? null : { at: second + 0.5, value, open, sent };
  };
  return steadyStretch(signals, read, CHANCE);
}

/** The first second of the run in which it was at its limit; null: in none. */
function reachedAt({ rows }: Signals, { limit, read }: Figure): number | null {
  if (limit === null) return null;
  return (
    rows.find(({ second }) => (read(second) ?? Number.NEGATIVE_INFINITY) >= limit)?.second ?? null
  );
}

function scaled({ estimate, low, high }: Interval, factor: number): Interval {
  return { estimate: estimate * factor, low: low * factor, high: high * factor };
}
