/**
 * Warnings about what is beside the load: rules of the environment that only warn, actions of checkpoints that were not done, and
 * clean-up that was not done, which leaves something behind. Pure; listed in registry.ts. Invariant: said also of a run that never began.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import { type Check, evidence } from "../check.ts";

export const besideWarning: Check = {
  meta: {
    id: "warning/beside",
    kind: "implied",
    question: "Was everything beside the load done, and as it should be?",
    doc: [
      "checkpoints, environment and clean-up",
      "a rule with `severity: warning` does not hold, an action was not done, or a step of clean-up failed",
      "",
    ],
    precedence: 6,
    isAlways: true,
  },
  judge({ fold }) {
    const { checkpoints, environment, cleanup } = fold.facts.scenario;
    if (!checkpoints && !environment && !cleanup) return [];
    const said = [...warnedRules(fold), ...failedActions(fold), ...leftBehind(fold)];
    const observed = { measure: "warnings about what is beside the load", unit: "count" } as const;
    return {
      observed: { ...observed, value: said.length },
      outcome: said.length === 0 ? "pass" : "warn",
      evidence: evidence(...said),
    };
  },
};

function warnedRules({ facts, beside }: RunFold): string[] {
  const { environment } = facts.scenario;
  return (["before", "after"] as const).flatMap((when) =>
    (environment?.[when] ?? []).flatMap(({ name, severity }, at) => {
      const told = beside.rules[when].get(at);
      if (severity === "error" || told === undefined || told.ok) return [];
      return [`The environment is not as it should be ${when} the load: ${name}: ${told.outcome}.`];
    }),
  );
}

function failedActions({ facts, beside }: RunFold): string[] {
  return (facts.scenario.checkpoints ?? []).flatMap(({ name, actions }, at) =>
    actions.flatMap(({ kind }, action) => {
      const told = beside.checkpoints.get(at)?.actions.get(action);
      if (told === undefined || told.ok) return [];
      return [`Checkpoint ${name}: ${kind} failed: ${told.outcome}.`];
    }),
  );
}

function leftBehind({ facts, beside }: RunFold): string[] {
  return (facts.scenario.cleanup ?? []).flatMap(({ name }, at) => {
    const ended = beside.cleanup.get(at)?.ended ?? null;
    if (ended?.ok === true) return [];
    const why = ended === null ? "it was not done" : ended.outcome;
    return [`Clean-up ${name} failed, and what it removes may be left: ${why}.`];
  });
}
