/**
 * Finding: the generator kept its plan, and stood still for a moment again and again, so that the slowest of what was measured is its own. Pure;
 * listed in registry.ts. Invariants: never told of a run whose generator broke a check; a second counts where its messages were late by the
 * standstill, and by far more than in a third of all seconds.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import type { TimelineRow } from "../../merge/timeline.ts";
import { type Check, evidence } from "../check.ts";
import { GATES } from "../gates.ts";
import { stretchesOf } from "../stretches.ts";
import { count, ms, percent } from "../text.ts";
import { adviceFor } from "./generator-advice.ts";

/** Garbage collections, and neighbours that work now and then, stay below it. */
const STILL_US = 40_000;
/** Over the longest turn of the calmest third of the seconds: a generator that is late all the time does not stand still. */
const STANDS_OUT = 4;
const CALM = 1 / 3;
/** How late messages were at p99, of the standstill, and of their latency at p99. */
const LATE = 0.4;
const LEAST_SHARE = 0.25;
/** Times it did, of which neighbouring seconds are one: one or two are any machine's. And seconds, of all. */
const LEAST_TIMES = 3;
const LEAST_PART = 0.1;
/** Times that the evidence names. */
const MOST_TIMES = 50;

export const generatorStoodStill: Check = {
  meta: {
    id: "finding/generator-stood-still",
    kind: "finding",
    question: "Did the load generator run all the time?",
    doc: [
      "generator",
      `${LEAST_TIMES} times or more, in ${percent(LEAST_PART)} of all seconds or more, an engine stood still for ${ms(STILL_US)} or more, ${STANDS_OUT} times as long as in a third of them, and messages left late by two fifths of that and a quarter of the latency at p99`,
      "",
    ],
    precedence: 3,
  },
  judge({ fold, before }) {
    const { seconds, stills } = standstillsOf(fold);
    const measure = "seconds in which it stood still";
    const observed = { measure, unit: "seconds", value: stills.length } as const;
    const isTold = before.some(
      ({ id, outcome }) => id.startsWith("generator/") && outcome === "fail",
    );
    const times = stretchesOf(stills.map(({ second }) => second));
    const isOften = times.length >= LEAST_TIMES && stills.length >= LEAST_PART * seconds;
    if (isTold || !isOften) {
      return { observed, outcome: "pass" };
    }
    const most = (of: (row: TimelineRow) => number | undefined | null) =>
      stills.reduce((all, row) => Math.max(all, of(row) ?? 0), 0);
    return {
      observed,
      outcome: "fail",
      sentence:
        "The load generator stood still now and then, and the slowest of what it measured is longer by that.",
      evidence: [
        {
          sentence: `In ${count(stills.length)} of ${count(seconds)} seconds an engine stood still for ${ms(STILL_US)} or more, for ${ms(most(({ loopLagMaxUs }) => loopLagMaxUs))} at most.${times.length > MOST_TIMES ? ` These are the first ${MOST_TIMES} times.` : ""}`,
          seconds: times.slice(0, MOST_TIMES),
        },
        ...evidence(
          `Messages of these seconds left up to ${ms(most(({ sendLagUs }) => sendLagUs?.p99))} late at p99.`,
        ),
      ],
      finding: {
        cause: "generator-pauses",
        locus: "generator",
        confidence: "likely",
        basis: "The turns of its own event loops, and how late its messages left.",
        against: [],
        nextProbe: adviceFor("generator-pauses").nextProbe,
      },
    };
  },
};

/** Of the plan's seconds that no lost worker disturbed. */
function standstillsOf(fold: RunFold) {
  const rows = [...fold.merge.timeline.rows()].filter(
    ({ second }) =>
      second * 1_000_000 < fold.facts.durationUs && !fold.disturbances.touches(second),
  );
  const lags = rows.map(({ loopLagMaxUs }) => loopLagMaxUs ?? 0).sort((a, b) => a - b);
  const calmUs = lags[Math.floor(CALM * lags.length)] ?? 0;
  return { seconds: rows.length, stills: rows.filter((row) => isStill(row, calmUs)) };
}

function isStill({ loopLagMaxUs, sendLagUs, latencyUs }: TimelineRow, calmUs: number): boolean {
  const stillUs = loopLagMaxUs ?? 0;
  if (sendLagUs === null || sendLagUs.count < GATES.secondSendLagMinCount) return false;
  const isLate = sendLagUs.p99 >= Math.max(LATE * stillUs, LEAST_SHARE * (latencyUs?.p99 ?? 0));
  return isLate && stillUs >= Math.max(STILL_US, STANDS_OUT * calmUs);
}
