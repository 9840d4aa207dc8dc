/**
 * The statistics a report rests on, each with its formula, what it assumes, its source and where it is used. Read by the section "How
 * this was computed" and by docs/methods.md, which is made from it. Invariant: what figures and findings are computed with is listed; a
 * test holds the lists against what the analysis imports.
 */
import type { Facts } from "../outline/section.ts";
import type { Method } from "./method.ts";
import { FIGURE_METHODS } from "./of-figures.ts";
import { FINDING_METHODS } from "./of-findings.ts";
import { RUN_METHODS } from "./of-runs.ts";

export const METHODS: readonly Method[] = [...FIGURE_METHODS, ...FINDING_METHODS, ...RUN_METHODS];

/** Those that this report rests on. */
export function methodsOf(facts: Facts): Method[] {
  const found = new Set(facts.summary.findings.map(({ id }) => id));
  return METHODS.filter(
    ({ causes, isShown }) => isShown(facts) || causes.some((cause) => found.has(cause)),
  );
}
