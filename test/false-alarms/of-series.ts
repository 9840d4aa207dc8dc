/** Null cases of tests on the seconds of one run. Listed in registry.ts. */
import { changePoints } from "../../coordinator/analysis/stats/change-points.ts";
import { blockSeconds, lagOneCorrelation } from "../../coordinator/analysis/stats/dependence.ts";
import { forecastOf } from "../../coordinator/analysis/stats/forecast.ts";
import { median } from "../../coordinator/analysis/stats/interval.ts";
import { onsetOfCounts, onsetOfLevel } from "../../coordinator/analysis/stats/onset.ts";
import { periodOf } from "../../coordinator/analysis/stats/periodicity.ts";
import { rankCorrelation } from "../../coordinator/analysis/stats/rank-correlation.ts";
import { meanAboveZeroP } from "../../coordinator/analysis/stats/student.ts";
import { mannKendallP, withoutTrend } from "../../coordinator/analysis/stats/trend.ts";
import { type NullCase, STATS } from "./null-case.ts";
import { blockMeans, counts, series } from "./simulate.ts";

const FOUR_MINUTES = 240;
const everywhere = Array<number>(FOUR_MINUTES).fill(1);

export const SERIES_CASES: readonly NullCase[] = [
  {
    test: "Whether failures repeat",
    about: "2 failures a second for 4 min; p < 0.05",
    ...{ symbol: "periodOf", file: `${STATS}/periodicity.ts`, nominal: 0.05, simulations: 300 },
    isAlarm(simulation, correlation) {
      const wanted = { seed: 21, simulation, length: FOUR_MINUTES, correlation };
      return (periodOf(counts(wanted, 2))?.p ?? 1) < 0.05;
    },
  },
  {
    test: "When failures left their normal band",
    about: "a failure in 10 s for 4 min; an onset at a chance of 0.05",
    ...{ symbol: "onsetOfCounts", file: `${STATS}/onset.ts`, nominal: 0.05, simulations: 300 },
    isAlarm(simulation, correlation) {
      const wanted = { seed: 22, simulation, length: FOUR_MINUTES, correlation };
      return onsetOfCounts(counts(wanted, 0.1), everywhere, 0.05) !== null;
    },
  },
  {
    test: "When failures left their normal band",
    about: "2 failures a second for 4 min; an onset at a chance of 0.05",
    ...{ symbol: "onsetOfCounts", file: `${STATS}/onset.ts`, nominal: 0.05, simulations: 300 },
    isAlarm(simulation, correlation) {
      const wanted = { seed: 23, simulation, length: FOUR_MINUTES, correlation };
      return onsetOfCounts(counts(wanted, 2), everywhere, 0.05) !== null;
    },
  },
  {
    test: "When latency left its normal band",
    about: "a level for 4 min; an onset at a chance of 0.05",
    ...{ symbol: "onsetOfLevel", file: `${STATS}/onset.ts`, nominal: 0.05, simulations: 300 },
    isAlarm(simulation, correlation) {
      const wanted = { seed: 24, simulation, length: FOUR_MINUTES, correlation };
      return onsetOfLevel(series(wanted), 0.05) !== null;
    },
  },
  {
    test: "Trend",
    about: "medians of blocks of a level for 15 min; p < 0.05",
    ...{ symbol: "mannKendallP", file: `${STATS}/trend.ts`, nominal: 0.05, simulations: 400 },
    isAlarm(simulation, correlation) {
      const level = series({ seed: 25, simulation, length: 900, correlation });
      const long = blockSeconds(lagOneCorrelation(level));
      const blocks = Array.from({ length: Math.floor(900 / long) }, (_, at) =>
        median(level.slice(at * long, (at + 1) * long)),
      );
      return mannKendallP(blocks) < 0.05;
    },
  },
  {
    test: "Trend",
    about: "seconds of a level for 2 min, with their correlation about the trend; p < 0.05",
    ...{ symbol: "mannKendallP", file: `${STATS}/trend.ts`, nominal: 0.05, simulations: 200 },
    isAlarm(simulation, correlation) {
      const level = series({ seed: 26, simulation, length: 120, correlation });
      return mannKendallP(level, lagOneCorrelation(withoutTrend(level))) < 0.05;
    },
  },
  {
    test: "Changes of level",
    about: "a level for 200 s; any change",
    ...{ symbol: "changePoints", file: `${STATS}/change-points.ts` },
    ...{ nominal: 0.05, simulations: 400 },
    isAlarm(simulation, correlation) {
      return changePoints(series({ seed: 27, simulation, length: 200, correlation }), 2).length > 0;
    },
  },
  {
    test: "Whether a figure of the target moves with latency",
    about: "two levels for 5 min; p <= 0.05",
    ...{ symbol: "rankCorrelation", file: `${STATS}/rank-correlation.ts` },
    ...{ nominal: 0.05, simulations: 200 },
    isAlarm(simulation, correlation) {
      const [a, b] = [28, 29].map((seed) => series({ seed, simulation, length: 300, correlation }));
      return (rankCorrelation(a ?? [], b ?? [], simulation)?.p ?? 1) <= 0.05;
    },
  },
  {
    test: "Whether large messages take longer than small ones",
    about: "12 block means of differences that go nowhere; p <= 0.05",
    ...{ symbol: "meanAboveZeroP", file: `${STATS}/student.ts`, nominal: 0.05, simulations: 400 },
    isAlarm(simulation, correlation) {
      const level = series({ seed: 30, simulation, length: 432, correlation });
      return meanAboveZeroP(blockMeans(level, 36)) <= 0.05;
    },
  },
  {
    test: "When a figure reaches its limit",
    about: "a level for 500 s; any forecast (trend at p <= 0.01, and the back-test)",
    ...{ symbol: "forecastOf", file: `${STATS}/forecast.ts`, nominal: 0.01, simulations: 60 },
    isAlarm(simulation, correlation) {
      const level = series({ seed: 31, simulation, length: 500, correlation });
      const readings = level.map((value, at) => ({ at, value: 100 + value }));
      return forecastOf(readings, simulation).kind === "rises";
    },
  },
];
