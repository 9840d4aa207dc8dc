/**
 * How long the steps before a planned close may take. Called by plan.ts, for the drain. Pure. Invariant: no connection takes
 * longer for them: what has no bound of its own has the worker's.
 */
import { MAX_CLOSE_STEPS_US } from "../../shared/scenario/limits.ts";
import type { StrictFlow, StrictStep } from "../../shared/scenario/strict-conversation.ts";

export function closeStepsUs(flow: StrictFlow | null): number {
  return Math.min(sumOf(flow?.close ?? []), MAX_CLOSE_STEPS_US);
}

function sumOf(steps: readonly StrictStep[]): number {
  return steps.reduce((sum, step) => sum + longestOf(step), 0);
}

/** Infinity: it has no bound of its own. */
function longestOf(step: StrictStep): number {
  switch (step.kind) {
    case "send":
      return step.reply.match === "none" ? 0 : step.reply.withinUs;
    case "expect":
    case "ping":
      return step.withinUs;
    case "expectNot":
      return step.forUs;
    case "wait":
      if (step.wait.kind === "uniform") return step.wait.toUs;
      return step.wait.kind === "fixed" ? step.wait.meanUs : Number.POSITIVE_INFINITY;
    case "repeat": {
      const onceUs = sumOf(step.steps);
      return onceUs === 0 ? 0 : (step.times ?? Number.POSITIVE_INFINITY) * onceUs;
    }
    case "choose":
      return Math.max(0, ...step.branches.map((branch) => sumOf(branch.steps)));
    default:
      return 0;
  }
}
