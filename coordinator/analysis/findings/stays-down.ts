/**
 * Finding: a fault is over, no more is offered than before it, and the service does not come back: it holds itself down. Pure; listed in
 * registry.ts. Invariant: told only of faults after which the run was long enough to see it.
 */

import { type Disturbance, disturbancesIn } from "../aftermath/disturbance.ts";
import { type Aftermath, aftermathOf, type Down, SHARE, SLOWER } from "../aftermath/goodput.ts";
import { type Answer, type Check, evidence } from "../check.ts";
import type { Limit } from "../judgement.ts";
import { count, ms, percent } from "../text.ts";

const SECOND_US = 1_000_000;
const LIMIT: Limit = { operator: ">=", unit: "share", value: SHARE };

export const staysDown: Check = {
  meta: {
    id: "finding/stays-down",
    kind: "finding",
    question: "Does the service come back by itself when a fault is over?",
    doc: [
      "server",
      `30 s after a fault, or three times as long as it lasted, goodput is below ${percent(SHARE)} of that before it, or p99 above ${SLOWER} times, at no more load than before`,
      "",
    ],
    precedence: 2,
  },
  judge: ({ fold }) =>
    disturbancesIn(fold).flatMap((one) => {
      const seen = aftermathOf(fold, one);
      return seen.back === "unknown" ? [] : [answerOf(one, seen)];
    }),
};

function answerOf(one: Disturbance, { before, after, down, backSeconds }: Aftermath): Answer {
  const share = before !== null && after !== null ? after / before : null;
  const observed = {
    measure: `goodput after fault ${one.id}`,
    unit: "share",
    value: share,
  } as const;
  if (down === null) {
    const sentence = `Goodput was as before ${seconds(backSeconds ?? 0)} after fault ${one.id}.`;
    return { observed, limit: LIMIT, outcome: "pass", sentence };
  }
  return {
    ...(down.lacks === "goodput" ? { observed, limit: LIMIT } : slower(one, down)),
    outcome: "fail",
    sentence: `The service did not come back by itself after fault ${one.id}.`,
    evidence: evidence(...evidenceOf(one, before ?? 0, down)),
    finding: {
      cause: "no-recovery",
      locus: "server",
      confidence: one.isEndKnown ? (down.returned === null ? "likely" : "certain") : "possible",
      basis:
        "Replies in time a second for what the plan offered, and their p99, of the seconds that count, before the fault and after it. What disturbed the service was gone, and no more was offered than before.",
      against: [
        ...goneSentences(one.gone),
        ...(one.isEndKnown ? [] : ["What the call or the command has done may still be in force."]),
      ],
      nextProbe:
        down.returned === null
          ? "Let the load fall in steps behind the fault (ramp: step), to see which load brings it back; look for queues and retries that keep the service busy with work nobody waits for any more."
          : "Look for what keeps the service busy with work nobody waits for any more, such as queues without a bound, and retries; bound it, or shed load, and run again.",
    },
  };
}

function slower({ id }: Disturbance, { p99Us: { before, after } }: Down) {
  const value = after === null ? null : after / before;
  return {
    observed: { measure: `p99 after fault ${id}, of that before`, unit: "share", value },
    limit: { operator: "<=", unit: "share", value: SLOWER },
  } as const;
}

function evidenceOf(
  { toUs, id }: Disturbance,
  before: number,
  { waited, lacks, share, p99Us, load, returned }: Down,
): string[] {
  const at = `${seconds(waited)} after fault ${id}, which ended at ${seconds(toUs / SECOND_US)},`;
  const first =
    lacks === "goodput"
      ? `Before it ${rate(before)} replies in time came a second; ${at} ${percent(share)} of that, at no more load than before.`
      : `Before it the p99 of a second was ${ms(p99Us.before)}; ${at} ${p99Us.after === null ? "nothing was answered" : `it was ${ms(p99Us.after)}`}.`;
  if (returned === null) return [first];
  const back = `It came back ${seconds(returned.seconds)} after the fault, at ${percent(returned.load)} of the load before`;
  const still = load === null ? "" : `; at ${percent(load)} it had stayed down`;
  return [first, `${back}${still}.`];
}

function goneSentences(gone: number): string[] {
  if (gone === 0) return [];
  return [
    `${count(gone)} connections that it hit were out of attempts and stayed away; nothing is expected of them here.`,
  ];
}

function rate(perSec: number): string {
  return count(Number(perSec.toPrecision(3)));
}

function seconds(value: number): string {
  return `${Number(value.toPrecision(3))} s`;
}
