/**
 * Rules of checkpoints that end the run (`abort`): none of them is reached. Pure; listed in registry.ts. Invariant: the run that one has
 * ended fails, whatever else held.
 */
import type { StrictThreshold } from "../../../shared/scenario/strict.ts";
import type { StrictCheckpoint } from "../../../shared/scenario/strict-beside.ts";
import type { ToldCheckpoint } from "../../merge/beside-log.ts";
import { type Answer, type Check, evidence } from "../check.ts";
import { besideRule } from "./beside-rule.ts";

const SECOND_US = 1_000_000;

export const checkpoints: Check = {
  meta: {
    id: "checkpoint",
    kind: "threshold",
    question: "Did no checkpoint end the run?",
    doc: ["checkpoints with `abort`", "one was reached", ""],
    precedence: 3,
  },
  judge: ({ fold }) =>
    fold.began
      ? [...(fold.facts.scenario.checkpoints ?? []).entries()].flatMap(([at, one]) =>
          one.actions.some(({ kind }) => kind === "abort")
            ? [judge(one, fold.beside.checkpoints.get(at))]
            : [],
        )
      : [],
};

function judge({ name, when }: StrictCheckpoint, told: ToldCheckpoint | undefined): Answer {
  const rule: StrictThreshold = besideRule(`checkpoint{name=${name}}`, "reached");
  const value = told === undefined ? 0 : 1;
  const answer = {
    question: `Was checkpoint ${name} never reached?`,
    observed: { measure: `checkpoint ${name} reached`, unit: "count", value },
    limit: { operator: "==", unit: "count", value: 0 },
    rule,
  } as const;
  if (told === undefined) return { ...answer, outcome: "pass" };
  const second = Math.max(0, Math.floor((told.atUs ?? 0) / SECOND_US));
  const figures = Object.entries(told.observed).map(([key, seen]) => `${key} ${shown(seen)}`);
  const [said] = evidence([when ?? "its time", ...figures].join("; "));
  return {
    ...answer,
    outcome: "fail",
    evidence: said === undefined ? [] : [{ ...said, seconds: [[second, second + 1]] }],
  };
}

function shown(value: number | null): string {
  return value === null ? "not measured" : String(Number(value.toPrecision(4)));
}
