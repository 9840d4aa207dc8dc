/** Null cases of tests on who failed, how often and at which age. Listed in registry.ts. */
import { culprits } from "../../coordinator/analysis/diagnosis/parts.ts";
import { clusteredShare } from "../../coordinator/analysis/stats/clustered-share.ts";
import { MIN_BLOCK_SECONDS } from "../../coordinator/analysis/stats/dependence.ts";
import type { Interval } from "../../coordinator/analysis/stats/interval.ts";
import { countAboveP } from "../../coordinator/analysis/stats/proportion.ts";
import {
  type MeanTime,
  meanTimeBetween,
  meanTimeToRepair,
} from "../../coordinator/analysis/stats/reliability.ts";
import { scanWindow } from "../../coordinator/analysis/stats/scan.ts";
import { kaplanMeier, logRank } from "../../coordinator/analysis/stats/survival.ts";
import {
  associationP,
  dispersionOf,
  dispersionWithin,
  falseDiscoveryRates,
  mantelHaenszel,
  type TwoByTwo,
} from "../../coordinator/analysis/stats/two-by-two.ts";
import { sharesOf } from "../../coordinator/report/model/failure-shares.ts";
import { drawExponential, drawUnit, Stream } from "../../shared/time/random.ts";
import { type NullCase, STATS } from "./null-case.ts";
import { binomial, blockMeans, counts, series, sumOf } from "./simulate.ts";

const SECONDS = 240;
const PARTS = 4;
const EXPOSED = 20_000;

const misses = ({ low, high }: Pick<Interval, "low" | "high">, truth: number) =>
  low > truth || high < truth;
const missesTime = (time: MeanTime | null, truth: number) =>
  time !== null && misses({ low: time.low, high: time.high ?? Number.POSITIVE_INFINITY }, truth);

/** Failures of all parts at one rate that wanders; each failure is of either part by its share of what was tried. */
function split(seed: number, simulation: number, correlation: number) {
  const wanted = { seed, simulation, length: SECONDS, correlation };
  const all = counts(wanted, 1);
  const failed = all.map((count, at) => binomial(count, 0.25, [seed, simulation, at]));
  return { all, failed, dispersion: dispersionOf(all) };
}

function tableOf(failed: number, all: number): TwoByTwo {
  const exposed = EXPOSED / PARTS;
  return { failed, exposed, otherFailed: all - failed, otherExposed: EXPOSED - exposed };
}

/** Failures of each part, whose rates wander on their own. */
function apart(seed: number, simulation: number, correlation: number) {
  const parts = Array.from({ length: PARTS }, (_, part) =>
    counts({ seed: seed + 100 * part, simulation, length: SECONDS, correlation }, 0.5),
  );
  const all = Array.from({ length: SECONDS }, (_, at) => sumOf(parts.map((one) => one[at] ?? 0)));
  return { parts, dispersion: dispersionOf(all) };
}

export const FAILURE_CASES: readonly NullCase[] = [
  {
    test: "Association of failures with a part",
    about: "a failure a second, of 1 of 4 parts at random; p < 0.05",
    ...{ symbol: "associationP", file: `${STATS}/two-by-two.ts`, nominal: 0.05, simulations: 1000 },
    isAlarm(simulation, correlation) {
      const { all, failed, dispersion } = split(41, simulation, correlation);
      return associationP(tableOf(sumOf(failed), sumOf(all)), dispersion) < 0.05;
    },
  },
  {
    test: "Association of failures with a part",
    about: "a failure in 2 s of each of 4 targets, each rate on its own; `failing-backend` (1 %)",
    ...{ symbol: "associationP", file: `${STATS}/two-by-two.ts`, nominal: 0.01, simulations: 1000 },
    isAlarm(simulation, correlation) {
      const { parts, dispersion } = apart(42, simulation, correlation);
      const exposures = parts.map((one) => [{ failed: sumOf(one), exposed: EXPOSED }]);
      return culprits(exposures, dispersion).length > 0;
    },
  },
  {
    test: "Ratio of failures of one part to all others",
    about: "a failure in 2 s of each of 4 targets, each rate on its own; a ratio is shown (1 %)",
    ...{ symbol: "riskRatio", file: `${STATS}/two-by-two.ts`, nominal: 0.01, simulations: 1000 },
    isAlarm(simulation, correlation) {
      const { parts, dispersion } = apart(54, simulation, correlation);
      const cells = parts.map((one) => ({ failed: sumOf(one), exposed: EXPOSED }));
      const labels = parts.map((_, at) => `${at}`);
      const rows = [{ what: "reply-timeout", dispersion, cells }];
      return sharesOf({ by: "target", labels, rows }).some(({ ratio }) => ratio !== null);
    },
  },
  {
    test: "Ratio of failures of one part to all others",
    about:
      "a failure a second in 4 phases of a minute, at a rate that wanders; a ratio is shown (1 %)",
    ...{ symbol: "riskRatio", file: `${STATS}/two-by-two.ts`, nominal: 0.01, simulations: 1000 },
    isAlarm(simulation, correlation) {
      const all = counts({ seed: 55, simulation, length: SECONDS, correlation }, 1);
      const cells = [0, 60, 120, 180].map((from) => {
        return { failed: sumOf(all.slice(from, from + 60)), exposed: EXPOSED };
      });
      const blocks = blockMeans(all, MIN_BLOCK_SECONDS).map((one) => one * MIN_BLOCK_SECONDS);
      const groups = [0, 3, 6, 9].map((from) => blocks.slice(from, from + 3));
      const rows = [{ what: "reply-timeout", dispersion: dispersionWithin(groups) ?? 1, cells }];
      const labels = ["a", "b", "c", "d"];
      return sharesOf({ by: "phase", labels, rows }).some(({ ratio }) => ratio !== null);
    },
  },
  {
    test: "Rate of false discoveries",
    about: "a failure a second, of 10 parts at random; any part at a rate of 0.05",
    ...{ symbol: "falseDiscoveryRates", file: `${STATS}/two-by-two.ts` },
    ...{ nominal: 0.05, simulations: 300 },
    isAlarm(simulation, correlation) {
      const all = counts({ seed: 43, simulation, length: SECONDS, correlation }, 1);
      const failed = Array<number>(10).fill(0);
      for (const [at, count] of all.entries()) {
        for (let one = 0; one < count; one++) {
          const part = Math.floor(drawUnit(43, Stream.sample, simulation, at * 100 + one) * 10);
          failed[part] = (failed[part] ?? 0) + 1;
        }
      }
      const exposed = EXPOSED / 10;
      const ps = failed.map((own) => {
        const rest = { otherFailed: sumOf(all) - own, otherExposed: EXPOSED - exposed };
        return associationP({ failed: own, exposed, ...rest }, dispersionOf(all));
      });
      return falseDiscoveryRates(ps).some((rate) => rate <= 0.05);
    },
  },
  {
    test: "Association within phases",
    about: "a failure a second in three phases, of 1 of 4 parts at random; p < 0.05",
    ...{ symbol: "mantelHaenszel", file: `${STATS}/two-by-two.ts` },
    ...{ nominal: 0.05, simulations: 1000 },
    isAlarm(simulation, correlation) {
      const { all, failed, dispersion } = split(44, simulation, correlation);
      const strata = [0, 1, 2].map((phase) => {
        const own = [(phase * SECONDS) / 3, ((phase + 1) * SECONDS) / 3] as const;
        return tableOf(sumOf(failed.slice(...own)), sumOf(all.slice(...own)));
      });
      return mantelHaenszel(strata, dispersion).p < 0.05;
    },
  },
  {
    test: "Association of failures with a part",
    about: "messages sent last, of 60 failing and 600 healthy connections; p < 0.05",
    ...{ symbol: "associationP", file: `${STATS}/two-by-two.ts`, nominal: 0.05, simulations: 1000 },
    isAlarm(simulation, correlation) {
      const failures = sumOf(counts({ seed: 45, simulation, length: 60, correlation }, 1));
      const failed = binomial(failures, 0.2, [45, simulation, 0]);
      const healthy = binomial(600, 0.2, [45, simulation, 1]);
      const rest = failures - failed;
      const table = { failed, exposed: failed + healthy, otherFailed: rest };
      return associationP({ ...table, otherExposed: rest + 600 - healthy }, 1) < 0.05;
    },
  },
  {
    test: "Scan of a clock",
    about: "60 failures at ages as healthy connections have them; p <= 0.05",
    ...{ symbol: "scanWindow", file: `${STATS}/scan.ts`, nominal: 0.05, simulations: 150 },
    isAlarm(simulation, correlation) {
      const failures = sumOf(counts({ seed: 46, simulation, length: 60, correlation }, 1));
      const ages = Array<number>(60).fill(0);
      for (let at = 0; at < failures; at++) {
        const age = Math.floor(drawUnit(46, Stream.sample, simulation, at) * 60);
        ages[age] = (ages[age] ?? 0) + 1;
      }
      return (scanWindow(ages, Array<number>(60).fill(10), simulation)?.p ?? 1) <= 0.05;
    },
  },
  {
    test: "Whether those who send fastest end more often than others",
    about: "60 closes, a quarter of the messages theirs; p <= 0.05",
    ...{ symbol: "countAboveP", file: `${STATS}/proportion.ts`, nominal: 0.05, simulations: 1000 },
    isAlarm(simulation, correlation) {
      const closes = sumOf(counts({ seed: 47, simulation, length: 60, correlation }, 1));
      const count = binomial(closes, 0.25, [47, simulation, 0]);
      return countAboveP({ count, of: closes }, 0.25) <= 0.05;
    },
  },
  {
    test: "Whether connections to one target end sooner",
    about: "an end a second of each of 2 targets, each rate on its own, for 8 min; p < 0.05",
    ...{ symbol: "logRank", file: `${STATS}/survival.ts`, nominal: 0.05, simulations: 600 },
    isAlarm(simulation, correlation) {
      const wanted = { simulation, length: 480, correlation };
      const [own, other] = [48, 49].map((seed) => counts({ ...wanted, seed }, 1)) as [
        number[],
        number[],
      ];
      const excess = own.map((count, at) => (count - (other[at] ?? 0)) / 2);
      const blocks = blockMeans(excess, MIN_BLOCK_SECONDS).map((one) => one * MIN_BLOCK_SECONDS);
      const ended = { ended: sumOf(own) + sumOf(other), endedInGroup: sumOf(own) };
      const atRisk = { atRisk: 1e9, atRiskInGroup: 5e8, draws: Number.POSITIVE_INFINITY };
      return (logRank([{ ...ended, ...atRisk }], blocks)?.p ?? 1) < 0.05;
    },
  },
  {
    test: "Share of connections left at an age",
    about: "200 connections, planned ends in between; the 95 % interval at 30 s misses",
    ...{ symbol: "kaplanMeier", file: `${STATS}/survival.ts`, nominal: 0.05, simulations: 1000 },
    isAlarm(simulation) {
      const lives = Array.from({ length: 200 }, (_, at) => {
        const end = 100 * drawExponential(50, Stream.stay, simulation, at);
        const planned = 60 * drawUnit(50, Stream.sample, simulation, at);
        return { age: Math.min(end, planned), isEnd: end <= planned };
      }).sort((a, b) => a.age - b.age);
      const rows = lives.flatMap(({ age, isEnd }, at) =>
        isEnd ? [{ age, atRisk: 200 - at, ended: 1, squares: 1 }] : [],
      );
      const step = kaplanMeier(rows, 0.95).findLast(({ age }) => age <= 30);
      return step === undefined || misses(step, Math.exp(-0.3));
    },
  },
  {
    test: "Availability of users",
    about: "100 users for an hour, a share of them down that wanders; the 95 % interval misses",
    ...{ symbol: "clusteredShare", file: `${STATS}/clustered-share.ts` },
    ...{ nominal: 0.05, simulations: 300 },
    isAlarm(simulation, correlation) {
      const wanted = { seed: 51, simulation, length: 3600, correlation };
      const down = series(wanted).map((one) => 0.05 * Math.exp(0.4 * one - 0.08));
      const share = clusteredShare(
        down.map((one) => ({ of: 100, count: 100 * one })),
        0.95,
      );
      return share === null || misses(share, 0.05);
    },
  },
  {
    test: "Mean time between failures",
    about: "6 failures an hour on average; the 95 % interval misses",
    ...{ symbol: "meanTimeBetween", file: `${STATS}/reliability.ts` },
    ...{ nominal: 0.05, simulations: 400 },
    isAlarm(simulation, correlation) {
      const wanted = { seed: 52, simulation, length: 3600, correlation };
      // The mean of exp(0.4 x) is exp(0.08).
      const failures = sumOf(counts(wanted, 1 / 600 / Math.exp(0.08)));
      return missesTime(meanTimeBetween(3600, failures, 0.95), 600);
    },
  },
  {
    test: "Mean time to repair",
    about: "5 repairs of exponential length; the 95 % interval misses",
    ...{ symbol: "meanTimeToRepair", file: `${STATS}/reliability.ts` },
    ...{ nominal: 0.05, simulations: 1000 },
    isAlarm(simulation) {
      const repairs = Array.from({ length: 5 }, (_, at) =>
        drawExponential(53, Stream.stay, simulation, at),
      );
      return missesTime(meanTimeToRepair(30 * sumOf(repairs), 5, 0.95), 30);
    },
  },
];
