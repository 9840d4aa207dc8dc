/**
 * Where a rising series goes: a straight line through medians of blocks, a band for the values to come, and the moment at which a limit
 * is reached. Called by analysis/forecast. Invariants: nothing is foretold unless the series, cut short, foretold its own rest; nothing
 * beyond MOST_HORIZON times the length that was observed; the same series and seed give the same forecast.
 */
import { type Bootstrap, drawBlocks, percentileInterval } from "./block-bootstrap.ts";
import { blockLength, lagOneCorrelation } from "./dependence.ts";
import { studentQuantile } from "./distributions.ts";
import { type Interval, mean, median } from "./interval.ts";
import { mannKendallP, withoutTrend } from "./trend.ts";

/** Of bands and intervals. */
export const CONFIDENCE = 0.9;
/** A forecast goes no further than so many times the length of what it rests on. */
export const MOST_HORIZON = 3;
/** Fewer blocks have too little before and after a cut to test a forecast on. */
export const LEAST_BLOCKS = 10;
/** More cost time, and hardly narrow the band. */
const MOST_BLOCKS = 24;
/** Of a trend by chance; tested once a series. */
const MOST_P = 0.01;
/** Of the values that the series, cut short, foretold: within the band at least. */
const LEAST_COVERED = 0.85;
const RESAMPLES = 400;
/** Of each of the many lines of a back-test. */
const TEST_RESAMPLES = 200;
const BISECTIONS = 40;
const ROUNDING = 1e-9;

/** A value at a moment, in seconds. */
export interface Reading {
  readonly at: number;
  readonly value: number;
}

/** What came of cutting the series at each block from the middle on, and holding the band against every block behind the cut. */
export interface BackTest {
  /** Blocks within the band, of so many. */
  readonly covered: number;
  readonly of: number;
  /** Mean absolute error over that of "it stays as it was"; below 1 the line is the better forecast. */
  readonly errorRatio: number;
}

export type Forecast =
  /** short: too few independent blocks; flat: no rise beyond chance; untested: the back-test failed. */
  | {
      readonly kind: "none";
      readonly why: "short" | "flat" | "untested";
      readonly blocks: number;
      readonly test: BackTest | null;
    }
  | {
      readonly kind: "rises";
      readonly line: TrendLine;
      readonly blocks: number;
      readonly test: BackTest;
    };

/** When a limit is reached, in seconds; null: not within the horizon. */
export interface Reach {
  readonly estimate: number | null;
  readonly earliest: number | null;
  readonly latest: number | null;
}

/**
 * A forecast of a series at constant load. Blocks are as long as neighbouring values depend on one another about the trend
 * (dependence.ts); what is left over is cut off at the beginning.
 * @param readings in order of time, at about equal distances
 */
export function forecastOf(readings: readonly Reading[], seed: number): Forecast {
  const blocks = blocksOf(readings);
  const none = (why: "short" | "flat" | "untested", test: BackTest | null = null) =>
    ({ kind: "none", why, blocks: blocks.length, test }) as const;
  if (blocks.length < LEAST_BLOCKS) return none("short");
  if (mannKendallP(blocks.map(({ value }) => value)) > MOST_P) return none("flat");
  const line = TrendLine.through(blocks, readings, { seed, resamples: RESAMPLES });
  if (line === null || line.slope.low <= 0) return none("flat");
  const test = backTest(blocks, seed);
  const isPassed = test.covered >= LEAST_COVERED * test.of && test.errorRatio < 1;
  return isPassed ? { kind: "rises", line, blocks: blocks.length, test } : none("untested", test);
}

function blocksOf(readings: readonly Reading[]): Reading[] {
  const correlation = lagOneCorrelation(withoutTrend(readings.map(({ value }) => value)));
  const long = Math.max(blockLength(correlation), Math.ceil(readings.length / MOST_BLOCKS));
  const blocks: Reading[] = [];
  for (let from = readings.length % long; from < readings.length; from += long) {
    const own = readings.slice(from, from + long);
    blocks.push({
      at: mean(own.map(({ at }) => at)),
      value: median(own.map(({ value }) => value)),
    });
  }
  return blocks;
}

/**
 * Source of the idea: L. J. Tashman, Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16 (2000)
 * 437-450 (rolling origin); R. J. Hyndman and A. B. Koehler, the same 22 (2006) 679-688 (error over that of the naive forecast).
 */
function backTest(blocks: readonly Reading[], seed: number): BackTest {
  let [covered, of, error, naive] = [0, 0, 0, 0];
  for (let cut = Math.ceil(blocks.length / 2); cut < blocks.length; cut++) {
    const known = blocks.slice(0, cut);
    const line = TrendLine.through(known, known, { seed, resamples: TEST_RESAMPLES });
    const last = known.at(-1)?.value ?? Number.NaN;
    for (const { at, value } of blocks.slice(cut)) {
      of++;
      naive += Math.abs(value - last);
      if (line === null) continue;
      const { estimate, low, high } = line.at(at);
      error += Math.abs(value - estimate);
      if (value >= low && value <= high) covered++;
    }
  }
  return { covered, of, errorRatio: naive === 0 ? Number.POSITIVE_INFINITY : error / naive };
}

/**
 * A line through blocks: the median of the slopes between pairs (Theil and Sen), and the median of what is left; its band from blocks
 * that are drawn again with replacement (block-bootstrap.ts), widened by Student's t times the deviation of single blocks about the line.
 */
export class TrendLine {
  /** A second. */
  readonly slope: Interval;
  /** The last moment it rests on, and up to which one it is told. */
  readonly from: number;
  readonly until: number;
  readonly #drawn: Drawn;

  /** @param over the first and the last moment that was observed */
  constructor(slope: Interval, drawn: Drawn, over: readonly [first: number, last: number]) {
    this.slope = slope;
    this.#drawn = drawn;
    this.from = over[1];
    this.until = over[1] + MOST_HORIZON * (over[1] - over[0]);
  }

  /** @param readings what the blocks are of @returns null where too few blocks differ in time */
  static through(
    blocks: readonly Reading[],
    readings: readonly Reading[],
    draws: Pick<Bootstrap, "seed" | "resamples">,
  ): TrendLine | null {
    const n = blocks.length;
    const [first, last] = [readings[0], readings.at(-1)];
    if (n < 3 || first === undefined || last === undefined) return null;
    const fit = new WeightedFit(blocks);
    const whole = fit.line(new Uint16Array(n).fill(1));
    const bootstrap = { ...draws, confidence: CONFIDENCE, blocks: n, effectiveBlocks: n };
    const lines: Line[] = [];
    drawBlocks(bootstrap, (weights) => {
      const line = fit.line(weights);
      if (line !== null) lines.push(line);
    });
    if (whole === null) return null;
    const slopes = lines.map(({ slope }) => slope);
    const slope = percentileInterval(bootstrap, whole.slope, slopes);
    if (slope === null) return null;
    const noise = studentQuantile((1 + CONFIDENCE) / 2, n - 2) * fit.deviation(whole);
    const drawn = { whole, lines, noise, origin: fit.origin, bootstrap };
    return new TrendLine(slope, drawn, [first.at, last.at]);
  }

  /** The value that is foretold for a moment, with the band in which a block then lies. */
  at(moment: number): Interval {
    const { whole, lines, noise, origin, bootstrap } = this.#drawn;
    const valueAt = ({ slope, level }: Line) => level + slope * (moment - origin);
    const estimate = valueAt(whole);
    const seen = percentileInterval(bootstrap, estimate, lines.map(valueAt));
    const { low, high } = seen ?? { low: estimate, high: estimate };
    return {
      estimate,
      low: estimate - Math.hypot(estimate - low, noise),
      high: estimate + Math.hypot(high - estimate, noise),
    };
  }

  /** When it comes to a limit: the line, and the upper and the lower edge of the band. */
  reach(limit: number): Reach {
    return {
      estimate: this.#crossing(limit, ({ estimate }) => estimate),
      earliest: this.#crossing(limit, ({ high }) => high),
      latest: this.#crossing(limit, ({ low }) => low),
    };
  }

  #crossing(limit: number, edge: (band: Interval) => number): number | null {
    let [low, high] = [this.from, this.until];
    if (edge(this.at(low)) >= limit) return low;
    if (edge(this.at(high)) < limit) return null;
    for (let step = 0; step < BISECTIONS; step++) {
      const middle = (low + high) / 2;
      if (edge(this.at(middle)) >= limit) high = middle;
      else low = middle;
    }
    return high;
  }
}

interface Line {
  /** A second. */
  readonly slope: number;
  /** At the origin. */
  readonly level: number;
}

interface Drawn {
  readonly whole: Line;
  /** Of the resamples. */
  readonly lines: readonly Line[];
  /** How far a block lies off the line, at CONFIDENCE. */
  readonly noise: number;
  readonly origin: number;
  readonly bootstrap: Bootstrap;
}

/** Slope and level of blocks that count several times, or not at all. */
class WeightedFit {
  /** Of the last block. */
  readonly origin: number;
  readonly #blocks: readonly Reading[];
  /** Of pairs, rising, and which blocks each is of. */
  readonly #slopes: readonly number[];
  readonly #pairs: readonly (readonly [i: number, j: number])[];

  constructor(blocks: readonly Reading[]) {
    this.#blocks = blocks;
    this.origin = blocks.at(-1)?.at ?? 0;
    const pairs = blocks
      .flatMap((a, i) =>
        blocks
          .slice(i + 1)
          .map((b, more) => ({ slope: (b.value - a.value) / (b.at - a.at), i, j: i + 1 + more })),
      )
      .sort((a, b) => a.slope - b.slope);
    this.#slopes = pairs.map(({ slope }) => slope);
    this.#pairs = pairs.map(({ i, j }) => [i, j]);
  }

  /** @param weights as many in all as there are blocks @returns null: all weight is on one block */
  line(weights: Uint16Array): Line | null {
    const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
    const slope = weightedMedian(this.#slopes, (weights.length ** 2 - squares) / 2, (at) => {
      const [i, j] = this.#pairs[at] as readonly [number, number];
      return (weights[i] as number) * (weights[j] as number);
    });
    if (Number.isNaN(slope)) return null;
    const levels = this.#levels(slope);
    const order = Uint16Array.from(levels.keys()).sort(
      (a, b) => (levels[a] as number) - (levels[b] as number),
    );
    const sorted = Array.from(order, (at) => levels[at] as number);
    const weightOf = (at: number) => weights[order[at] as number] as number;
    return { slope, level: weightedMedian(sorted, weights.length, weightOf) };
  }

  /** Of single blocks about a line, n - 2 degrees of freedom; what doubles round off, at least. */
  deviation({ slope, level }: Line): number {
    const squares = this.#levels(slope).reduce((sum, one) => sum + (one - level) ** 2, 0);
    return Math.max(Math.sqrt(squares / (this.#blocks.length - 2)), ROUNDING * Math.abs(level));
  }

  #levels(slope: number): number[] {
    return this.#blocks.map(({ at, value }) => value - slope * (at - this.origin));
  }
}

/**
 * Of rising values with whole weights; the mean of both where half of the weight lies on either side. NaN without any weight.
 * @param total of the weights
 */
function weightedMedian(
  values: readonly number[],
  total: number,
  weightOf: (at: number) => number,
): number {
  const half = total / 2;
  let seen = 0;
  let below: number | null = null;
  for (const [at, value] of values.entries()) {
    const weight = weightOf(at);
    if (weight === 0) continue;
    if (below !== null) return (below + value) / 2;
    seen += weight;
    if (seen > half) return value;
    if (seen === half) below = value;
  }
  return Number.NaN;
}
