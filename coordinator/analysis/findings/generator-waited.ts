/**
 * Finding: the generator kept its plan, and had to wait for a processor all the while, so that much of what was measured is its own waiting.
 * Pure; listed in registry.ts. Invariant: never told of a run whose generator broke a check, or stood still: generator-saturated.ts and generator-stood-still.ts say more of that.
 */
import type { Metric } from "../../../shared/stats/counters.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { type Check, evidence, type JudgedRun } from "../check.ts";
import { GATES } from "../gates.ts";
import { isLeftOut, judgedHistogram, phasesThatCount } from "../judged.ts";
import { ms, percent } from "../text.ts";
import { WAITED } from "./held-up.ts";

/** Of the seconds that count, those in which it waited. */
const LEAST_SECONDS = 0.5;
/** Of the p99 of send lag, and of that over the p99 of latency: less changes no conclusion. */
const LEAST_LAG_US = 10_000;
const LEAST_SHARE = 0.25;

const STOOD_STILL = "finding/generator-stood-still";

export const generatorWaited: Check = {
  meta: {
    id: "finding/generator-waited",
    kind: "finding",
    question: "Did the load generator have a processor when it needed one?",
    doc: [
      "generator",
      `in half of the seconds its engines waited for a processor for ${percent(WAITED)} of the time, and messages left late by 10 ms and a quarter of the latency at p99`,
      "",
    ],
    precedence: 3,
  },
  judge(run) {
    const { seconds, waits, waited } = waitsOf(run.fold);
    const measure = "seconds that waited for a processor";
    const observed = { measure, unit: "seconds", value: waited } as const;
    const lag = lagOf(run);
    if (lag === null || waited === 0 || waited < LEAST_SECONDS * seconds) {
      return { observed, outcome: "pass" };
    }
    return {
      observed,
      outcome: "fail",
      sentence:
        "The load generator had to wait for a processor, and what it measured is longer by that.",
      evidence: evidence(
        `In ${waited} of ${seconds} seconds an engine waited for a processor for ${percent(WAITED)} of the time or more, for ${percent(Math.max(...waits))} at most.`,
        `Messages left ${ms(lag.lagUs)} late at p99, beside a latency p99 of ${ms(lag.latencyUs)}.`,
      ),
      finding: {
        cause: "generator-cpu",
        locus: "generator",
        confidence: "likely",
        basis: "The time its threads could have run and did not, as its kernel counts it.",
        against: [],
        nextProbe:
          "Give the generator a machine or cores of its own, or end what else runs there, and run again.",
      },
    };
  },
};

/** Of the seconds that count, how much of each the engine that waited most did, and in how many that was much. */
function waitsOf(fold: RunFold) {
  const { timeline, evidence: known } = fold.merge;
  const waits = [...timeline.rows()].flatMap(({ second }) => {
    const isCounted = second * 1_000_000 < fold.facts.durationUs && !isLeftOut(fold, second);
    return isCounted ? [known.health.at(second, "processorWait") ?? 0] : [];
  });
  const waited = waits.filter((share) => share >= WAITED).length;
  return { seconds: waits.length, waits, waited };
}

/** The p99 of send lag, and that of latency beside it; null: it is little, or too few are known, or a check that failed tells of it. */
function lagOf({ fold, before }: JudgedRun) {
  const isTold = before.some(
    ({ id, outcome }) => (id.startsWith("generator/") || id === STOOD_STILL) && outcome === "fail",
  );
  const of = (metric: Metric) =>
    judgedHistogram(fold, { metric, phases: phasesThatCount(fold), names: null });
  const lag = isTold ? null : of("sendLag");
  if (lag === null || lag.count < GATES.runSendLagMinCount) return null;
  const lagUs = lag.quantile(0.99);
  const latencyUs = of("latency")?.quantile(0.99) ?? 0;
  return lagUs < LEAST_LAG_US || lagUs < LEAST_SHARE * latencyUs ? null : { lagUs, latencyUs };
}
