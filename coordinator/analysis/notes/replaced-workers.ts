/** Note: lost workers whose loss does not spoil the run, and what it left out for them. Pure; listed in registry.ts. */
import type { RunFold } from "../../merge/run-fold.ts";
import type { Check } from "../check.ts";
import { disturbedBy, type LostWorker, lostWorkers, wasLost } from "../losses.ts";

export const replacedWorkers: Check = {
  meta: {
    id: "note/replaced-workers",
    kind: "note",
    question: "Were lost workers replaced?",
    doc: [
      "lost workers",
      "one was lost and replaced, or was not needed; its seconds are left out",
      "",
    ],
    precedence: 1,
  },
  judge({ fold }) {
    const replaced = lostWorkers(fold).filter(({ loss }) => loss.recovery !== "open");
    const measure = "lost workers that were replaced or not needed";
    return {
      observed: { measure, unit: "count", value: replaced.length },
      outcome: replaced.length === 0 ? "pass" : "warn",
      evidence: replaced.map((worker) => ({
        sentence: sentence(fold, worker),
        seconds: disturbedBy(fold, worker),
      })),
    };
  },
};

function sentence(fold: RunFold, worker: LostWorker): string {
  const { recovery, slices } = worker.loss;
  if (recovery === "none-needed") return `${wasLost(fold, worker)}; it held none of the load.`;
  const leftOut = `${disturbedSeconds(fold, worker)} are left out of the thresholds.`;
  return recovery === "recovered"
    ? `${wasLost(fold, worker)}. Others took its work over; ${leftOut}`
    : `${wasLost(fold, worker)}. The run went on without its ${slices.length} of ${fold.facts.shards} slices, as configured; ${leftOut}`;
}

function disturbedSeconds(fold: RunFold, { epoch }: LostWorker): string {
  const of = fold.disturbances.list.find((disturbance) => disturbance.epoch === epoch);
  if (!of) return "no seconds";
  const from = Math.floor(of.fromUs / 1_000_000);
  return Number.isFinite(of.toUs)
    ? `the seconds from ${from} to ${Math.ceil(of.toUs / 1_000_000)}`
    : `all seconds from ${from} on`;
}
