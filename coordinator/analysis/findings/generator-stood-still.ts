/**
 * Finding: the generator kept its plan, and stood still for a moment several times, so that the slowest of what was measured is its own. Pure;
 * listed in registry.ts. Invariant: never told of a run whose generator broke a check, or waited for a processor: those findings say more.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import { type Check, evidence } from "../check.ts";
import { isLeftOut } from "../judged.ts";
import { count, ms } from "../text.ts";
import { adviceFor } from "./generator-advice.ts";
import { lateMessages } from "./generator-waited.ts";
import { WAITED } from "./held-up.ts";

/** Garbage collections, and neighbours that work now and then, stay below it. */
const STILL_US = 40_000;
/** Seconds in which it did; one or two are any machine's. */
const LEAST_SECONDS = 3;

export const generatorStoodStill: Check = {
  meta: {
    id: "finding/generator-stood-still",
    kind: "finding",
    question: "Did the load generator run all the time?",
    doc: [
      "generator",
      `in ${LEAST_SECONDS} seconds or more an engine stood still for ${ms(STILL_US)} or more without waiting for a processor, and messages left late by 10 ms and a quarter of the latency at p99`,
      "",
    ],
    precedence: 3,
  },
  judge(run) {
    const stills = standstillsOf(run.fold);
    const measure = "seconds in which it stood still";
    const observed = { measure, unit: "seconds", value: stills.length } as const;
    const isTold = run.before.some(
      ({ id, outcome }) => id === "finding/generator-waited" && outcome === "fail",
    );
    const lag = lateMessages(run);
    if (isTold || lag === null || stills.length < LEAST_SECONDS) {
      return { observed, outcome: "pass" };
    }
    const longestUs = stills.reduce((most, { lagUs }) => Math.max(most, lagUs), 0);
    return {
      observed,
      outcome: "fail",
      sentence:
        "The load generator stood still now and then, and the slowest of what it measured is longer by that.",
      evidence: [
        {
          sentence: `In ${count(stills.length)} seconds an engine stood still for ${ms(STILL_US)} or more, for ${ms(longestUs)} at most, and did not wait for a processor.`,
          seconds: stills.map(({ second }) => [second, second + 1] as const),
        },
        ...evidence(
          `Messages left ${ms(lag.lagUs)} late at p99, beside a latency p99 of ${ms(lag.latencyUs)}.`,
        ),
      ],
      finding: {
        cause: "generator-pauses",
        locus: "generator",
        confidence: "likely",
        basis: "The turns of its own event loops, and the time its kernel lets it wait.",
        against: [],
        nextProbe: adviceFor("generator-pauses").nextProbe,
      },
    };
  },
};

/** Seconds that count, in which the engine that stood still longest had a processor. */
function standstillsOf(fold: RunFold): readonly { second: number; lagUs: number }[] {
  const { timeline, evidence: known } = fold.merge;
  return [...timeline.rows()].flatMap(({ second, loopLagMaxUs }) => {
    const lagUs = loopLagMaxUs ?? 0;
    const isCounted = second * 1_000_000 < fold.facts.durationUs && !isLeftOut(fold, second);
    const hasWaited = (known.health.at(second, "processorWait") ?? 0) >= WAITED;
    return isCounted && !hasWaited && lagUs >= STILL_US ? [{ second, lagUs }] : [];
  });
}
