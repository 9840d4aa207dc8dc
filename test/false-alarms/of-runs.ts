/** Null cases of tests on whole runs: two of them, two sides of several, many one after another. Listed in registry.ts. */
import { bootstrapInterval } from "../../coordinator/analysis/stats/block-bootstrap.ts";
import { blockSeconds, lagOneCorrelation } from "../../coordinator/analysis/stats/dependence.ts";
import { energyChangePoints } from "../../coordinator/analysis/stats/energy-change-points.ts";
import type { Interval } from "../../coordinator/analysis/stats/interval.ts";
import { newcombeInterval, type Proportion } from "../../coordinator/analysis/stats/proportion.ts";
import { hodgesLehmann } from "../../coordinator/analysis/stats/rank-sum.ts";
import { studentInterval } from "../../coordinator/analysis/stats/student.ts";
import { theilSenInterval } from "../../coordinator/analysis/stats/trend.ts";
import { trendOf } from "../../coordinator/analysis/trend/trend.ts";
import { unchangedRun } from "../unit/analysis/trend/unchanged-run.ts";
import { type NullCase, STATS } from "./null-case.ts";
import { binomial, blockMeans, counts, runValues, series, sumOf } from "./simulate.ts";

const RUNS = 14;
const RESAMPLES = 300;
const misses = (interval: Interval | null, truth = 0) =>
  interval !== null && (interval.low > truth || interval.high < truth);

export const RUN_CASES: readonly NullCase[] = [
  {
    test: "Change of a percentile between two runs",
    about: "differences of two equal runs of 8 min, second by second; the 95 % interval misses",
    ...{ symbol: "bootstrapInterval", file: `${STATS}/block-bootstrap.ts` },
    ...{ nominal: 0.05, simulations: 300 },
    isAlarm(simulation, correlation) {
      const differences = series({ seed: 61, simulation, length: 480, correlation });
      const means = blockMeans(differences, blockSeconds(lagOneCorrelation(differences)));
      const blocks = means.length;
      const drawn = { seed: simulation, resamples: RESAMPLES, confidence: 0.95, blocks };
      return misses(
        bootstrapInterval({ ...drawn, effectiveBlocks: blocks }, (weights) => {
          return sumOf(means.map((value, at) => value * (weights[at] ?? 0))) / blocks;
        }),
      );
    },
  },
  {
    test: "Shift between several runs a side",
    about: "5 and 5 equal runs; the 95 % interval misses",
    ...{ symbol: "hodgesLehmann", file: `${STATS}/rank-sum.ts`, nominal: 0.05, simulations: 1000 },
    isAlarm(simulation, correlation) {
      const values = runValues({ seed: 62, simulation, correlation }, 10);
      return misses(hodgesLehmann(values.slice(0, 5), values.slice(5), 0.95));
    },
  },
  {
    test: "Difference of the means of very few runs",
    about: "3 and 3 equal runs; the 95 % interval misses",
    ...{ symbol: "studentInterval", file: `${STATS}/student.ts`, nominal: 0.05, simulations: 3000 },
    isAlarm(simulation, correlation) {
      const values = runValues({ seed: 63, simulation, correlation }, 6);
      return misses(studentInterval(values.slice(0, 3), values.slice(3), 0.95));
    },
  },
  {
    test: "Difference of two shares",
    about: "2 % of about 1,000 attempts fail on either side; the 95 % interval misses",
    ...{ symbol: "newcombeInterval", file: `${STATS}/proportion.ts` },
    ...{ nominal: 0.05, simulations: 1000 },
    isAlarm(simulation, correlation) {
      const [a, b] = [64, 65].map((seed) => {
        const of = sumOf(counts({ seed, simulation, length: 120, correlation }, 8));
        return { count: binomial(of, 0.02, [seed, simulation, 0]), of };
      }) as [Proportion, Proportion];
      return misses(newcombeInterval(a, b, 0.95));
    },
  },
  {
    test: "Changes in a series of runs",
    about: `${RUNS} equal runs; any change (p <= 0.01)`,
    ...{ symbol: "energyChangePoints", file: `${STATS}/energy-change-points.ts` },
    ...{ nominal: 0.01, simulations: 400 },
    isAlarm(simulation, correlation) {
      const values = runValues({ seed: 66, simulation, correlation }, RUNS);
      return energyChangePoints(values, simulation).length > 0;
    },
  },
  {
    test: "Slope of a drift over runs",
    about: `${RUNS} equal runs; the 95 % interval misses 0`,
    ...{ symbol: "theilSenInterval", file: `${STATS}/trend.ts`, nominal: 0.05, simulations: 1000 },
    isAlarm(simulation, correlation) {
      return misses(theilSenInterval(runValues({ seed: 67, simulation, correlation }, RUNS), 0.95));
    },
  },
  {
    test: "`onrush trend`",
    about: `${RUNS} runs of an unchanged service, all measures; REGRESSED or IMPROVED`,
    ...{ symbol: "trendOf", file: "coordinator/analysis/trend/trend.ts" },
    ...{ nominal: 0.05, simulations: 300 },
    isAlarm(simulation, correlation) {
      const points = Array.from({ length: RUNS }, (_, at) =>
        unchangedRun({ series: simulation, at, correlation }),
      );
      const request = { measures: [], despite: new Set<never>(), failOnRegressed: false };
      return ["REGRESSED", "IMPROVED"].includes(trendOf(points, request).verdict);
    },
  },
];
