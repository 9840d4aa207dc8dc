/**
 * Detector: a worker was lost, and its connections with it. Listed in ../registry.ts. Invariant: what the journal records of it is all
 * there is to say; nothing of it is the target's. A worker that a fault was to take has no other cause.
 */
import { disturbedBy, faultBehind, lostWorkers, wasLost } from "../../losses.ts";
import { count } from "../../text.ts";
import type { Detector } from "../detector.ts";

const SECOND_US = 1_000_000;

export const lostWorker: Detector = {
  meta: {
    causes: ["worker-lost"],
    doc: "a worker was lost that held connections",
    explains: ["unknown"],
  },
  detect: ({ fold }) =>
    lostWorkers(fold)
      .filter((worker) => worker.loss.open > 0 && faultBehind(fold, worker) === null)
      .slice(0, 1)
      .map((worker) => {
        const from = Math.max(0, Math.floor((worker.loss.reportedUs ?? 0) / SECOND_US));
        return {
          cause: "worker-lost",
          confidence: "certain",
          sentence: `${wasLost(fold, worker)}; it held ${count(worker.loss.open)} connections.`,
          evidence: [{ sentence: `${wasLost(fold, worker)}.`, seconds: disturbedBy(fold, worker) }],
          against: [],
          nextProbe:
            "Look at the worker's log and its machine at that moment: memory, processor, network.",
          from,
          to: from + 1,
          impact: worker.loss.open,
          symptoms: [],
        };
      }),
};
