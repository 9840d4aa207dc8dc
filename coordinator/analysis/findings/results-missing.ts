/**
 * Finding: results of workers never reached the journal, so that counts and rates are too low where they belong. Pure; listed in
 * registry.ts, before all other findings: what is not there explains what looks like less.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import type { WorkerRecord } from "../../merge/worker/worker-record.ts";
import { type Check, evidence } from "../check.ts";
import { count, partOf } from "../text.ts";

/** Workers that are named. */
const MAX_NAMED = 5;

export const resultsMissing: Check = {
  meta: {
    id: "finding/results-missing",
    kind: "finding",
    question: "Did all results reach the coordinator?",
    doc: ["generator", "frames of results are missing, or could not be read", ""],
    precedence: 1,
  },
  judge({ fold }) {
    const value = fold.framesMissing;
    const observed = { measure: "frames that are missing", unit: "count", value } as const;
    if (value === 0) return { observed, outcome: "pass" };
    const workers = missingOf(fold);
    return {
      observed,
      outcome: "fail",
      sentence: `Results are missing: ${count(value)} frames of ${workers
        .slice(0, MAX_NAMED)
        .map(({ id }) => id)
        .join(", ")} never reached the journal, so counts and rates are too low there.`,
      evidence: evidence(...workers.slice(0, MAX_NAMED).map(sentenceOf)),
      finding: {
        cause: "results-missing",
        locus: "generator",
        confidence: "certain",
        basis: "The numbers of frames, of which each worker says the last.",
        against: [],
        nextProbe:
          "Look at the broker (memory limit and eviction, streams that were trimmed, restarts without persistence), at the disk of the coordinator, and at the log of the worker, and run again.",
      },
    };
  },
};

/** Those that lack some, the most first. */
function missingOf({ merge }: RunFold): readonly WorkerRecord[] {
  return [...merge.workers.values()]
    .filter((worker) => missing(worker) > 0)
    .sort((a, b) => missing(b) - missing(a) || a.epoch - b.epoch);
}

function missing({ framesMissing, unreadable }: WorkerRecord): number {
  return framesMissing + unreadable;
}

function sentenceOf(worker: WorkerRecord): string {
  const all = worker.frames.size + worker.framesMissing;
  return `Of the frames of ${worker.id} ${partOf(missing(worker), all)} are missing or could not be read.`;
}
