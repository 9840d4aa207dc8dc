/**
 * Finding: the generator could not keep up, so that the report says so before anybody looks at the server. Pure; listed in
 * registry.ts, after the checks it rests on.
 */
import { type Check, evidence } from "../check.ts";
import { sentencesOf } from "../judgement.ts";

export const generatorSaturated: Check = {
  meta: {
    id: "finding/generator-saturated",
    kind: "finding",
    question: "Could the load generator keep up with its own plan?",
    doc: ["generator", "a check of the generator failed", ""],
    precedence: 1,
  },
  judge({ before }) {
    const sentences = sentencesOf(before.filter(({ id }) => id.startsWith("generator/")));
    const measure = "checks of the generator that failed";
    const observed = { measure, unit: "count", value: sentences.length } as const;
    if (sentences.length === 0) return { observed, outcome: "pass" };
    return {
      observed,
      outcome: "fail",
      sentence: "The load generator could not keep up with its own plan.",
      evidence: evidence(...sentences),
      finding: {
        locus: "generator",
        confidence: "certain",
        basis:
          "The generator's own clocks, counters and processor time; no figure of the target's.",
        against: [],
        nextProbe:
          "Give the generator a machine or cores of its own, add workers, or lower the load, and run again.",
      },
    };
  },
};
