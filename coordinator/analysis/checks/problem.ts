/** Check: whatever kept the run from being done that is no doing of the target. Pure; listed in registry.ts. */
import { type Check, isTrueThat } from "../check.ts";

export const problem: Check = {
  meta: {
    id: "results/problem",
    kind: "validity",
    question: "Did the run complete without internal errors?",
    doc: ["the run had no internal errors", "none of bus, coordinator or workers", "always"],
    precedence: 2,
  },
  judge({ fold }) {
    const value = fold.problem?.code ?? "nothing";
    const observed = { measure: "what kept the run from being done", unit: "word", value } as const;
    return isTrueThat(fold.problem === null, observed, fold.problem?.message ?? "");
  },
};
