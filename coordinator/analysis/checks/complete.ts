/** Check: the journal holds the whole run. Pure; listed in registry.ts. */
import { type Check, isTrueThat } from "../check.ts";

export const complete: Check = {
  meta: {
    id: "results/complete",
    kind: "validity",
    question: "Is the run complete?",
    doc: ["the run is complete", "its journal goes to the end of the run", "always"],
    precedence: 1,
  },
  judge({ fold }) {
    return isTrueThat(
      fold.complete,
      { measure: "state in the journal", unit: "word", value: fold.state },
      `The run is incomplete: its process ended in state "${fold.state}"; what was recorded until then is shown.`,
    );
  },
};
