/**
 * Note: whether a run that asked for compression got it. An offer nobody took up measures something else than what was asked
 * for. Pure; listed in registry.ts.
 */
import { type Check, notJudged } from "../check.ts";

export const compression: Check = {
  meta: {
    id: "note/compression",
    kind: "note",
    question: "Did the target agree to compression?",
    doc: [
      "compression",
      "the scenario asks for it, and the target did not agree on every connection",
      "",
    ],
    precedence: 4,
  },
  judge({ fold }) {
    const { compressed, all } = fold.merge.agreed.compression;
    const measure = "connections without compression";
    const observed = { measure, unit: "count", value: all - compressed } as const;
    if (!fold.facts.scenario.connect.compression) return notJudged(observed, "none was asked for");
    if (all === compressed) return { observed, outcome: "pass" };
    const sentence =
      compressed === 0
        ? `Compression was asked for, and the target agreed to none on all ${all} connections: nothing was compressed.`
        : `Compression was asked for, and the target agreed to it on ${compressed} of ${all} connections: the others were not compressed.`;
    return { observed, outcome: "warn", sentence };
  },
};
