/**
 * Witness: what connections that ended had sent last, if it is seldom what healthy ones had. Listed in registry.ts. Invariant: it makes
 * nothing surer: a cause that ends connections behind a message is its detector's to name.
 */
import { patternSentence } from "../sequence/failing.ts";
import { patternOf } from "../sequence/pattern.ts";
import { spanOf } from "../signals.ts";
import { NOTHING, type Witness } from "./witness.ts";

export const sequences: Witness = {
  causes: null,
  hear(signals, { cause, symptoms }) {
    if (cause === "failing-sequence") return null;
    const evidence = symptoms.flatMap((series) => {
      const pattern = patternOf(signals, series);
      const sentence = pattern === null ? "" : `Of these connections ${patternSentence(pattern)}`;
      return pattern === null ? [] : [{ sentence, seconds: [spanOf([series]) ?? [0, 1]] as const }];
    });
    return evidence.length === 0 ? null : { ...NOTHING, evidence };
  },
};
