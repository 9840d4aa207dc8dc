/**
 * Finding: the generator could not keep up, so that the report says so before anybody looks at the server. Pure; listed in
 * registry.ts, after the checks it rests on.
 */
import { type Check, evidence, type JudgedRun } from "../check.ts";
import { ownFailures } from "../failures.ts";
import { sentencesOf } from "../judgement.ts";
import type { CauseId } from "./causes.ts";
import { adviceFor } from "./generator-advice.ts";
import { heldUpBy } from "./held-up.ts";

/** What our side ran out of, by the kind of failure. */
const OUT_OF: Readonly<Record<string, CauseId>> = {
  "generator-ports": "generator-ports",
  "generator-fds": "generator-open-files",
  "generator-memory": "generator-memory",
  "memory-limit": "generator-memory",
};

/** Checks that fail when it is late. */
const LATE: ReadonlySet<string> = new Set(["generator/saturated-seconds", "generator/send-lag"]);

export const generatorSaturated: Check = {
  meta: {
    id: "finding/generator-saturated",
    kind: "finding",
    question: "Could the load generator keep up with its own plan?",
    doc: ["generator", "a check of the generator failed", ""],
    precedence: 1,
  },
  judge(run) {
    const { before } = run;
    const sentences = sentencesOf(before.filter(({ id }) => id.startsWith("generator/")));
    const measure = "checks of the generator that failed";
    const observed = { measure, unit: "count", value: sentences.length } as const;
    if (sentences.length === 0) return { observed, outcome: "pass" };
    const named = causeIn(run);
    const { sentence, nextProbe } = adviceFor(named.cause);
    return {
      observed,
      outcome: "fail",
      sentence: sentence(failedIn(run, named.cause)),
      evidence: evidence(...sentences),
      finding: {
        ...named,
        locus: "generator",
        confidence: "certain",
        basis:
          "The generator's own clocks, counters and processor time; no figure of the target's.",
        against: [],
        nextProbe,
      },
    };
  },
};

/** Attempts and connections that failed on our side for want of it. */
function failedIn({ fold }: JudgedRun, cause: CauseId | undefined): number {
  return ownFailures(fold.merge)
    .filter(([kind]) => OUT_OF[kind] === cause)
    .reduce((sum, [, failed]) => sum + failed, 0);
}

/** What it lacked, where one thing says so: attempts it failed itself first, then what held it up in the seconds in which it was late. */
function causeIn({ fold, before }: JudgedRun): { readonly cause?: CauseId } {
  for (const [kind] of ownFailures(fold.merge)) {
    const outOf = OUT_OF[kind];
    if (outOf !== undefined) return { cause: outOf };
  }
  const isBehind = before.some(({ id, outcome }) => LATE.has(id) && outcome === "fail");
  const cause = isBehind ? heldUpBy(fold) : null;
  return cause === null ? {} : { cause };
}
