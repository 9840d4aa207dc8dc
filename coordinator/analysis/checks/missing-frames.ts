/** Check: frames of results that must exist and are not there, or cannot be read. Pure; listed in registry.ts. */
import { atMost, type Check } from "../check.ts";

export const missingFrames: Check = {
  meta: {
    id: "results/missing-frames",
    kind: "validity",
    question: "Are all results there?",
    doc: ["all results are there", "no frame missing or unreadable", "always"],
    precedence: 4,
  },
  judge({ fold }) {
    const value = fold.framesMissing;
    return atMost(
      { measure: "frames missing or unreadable", unit: "count", value },
      {
        limit: 0,
        sentence: `${value} frames of results are missing or could not be read.`,
      },
    );
  },
};
