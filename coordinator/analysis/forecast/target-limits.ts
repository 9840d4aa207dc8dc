/**
 * Forecaster: figures the target tells of itself that have a limit. Listed in registry.ts. Invariant: a limit is the scenario's, or what
 * the target itself tells it is; of a limit that changes the lowest counts.
 */
import { limitsOf } from "../../../shared/scenario/strict-observe.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { isMemory } from "../diagnosis/witness/metrics.ts";
import type { Forecaster } from "./forecaster.ts";

export const targetLimits: Forecaster = {
  meta: {
    id: "target-limits",
    doc: "figures of `observe.metrics` with a limit: one of `limits`, or one that the page tells of (`process_max_fds`, `process_virtual_memory_max_bytes`, `jvm_memory_max_bytes`), where both are picked",
  },
  figures(fold) {
    const { readings } = fold.merge.evidence;
    return limitsOf(fold.facts.scenario.observe).map(({ figure, limit }) => ({
      ...({ name: figure, of: "target", isMemory: isMemory(figure) } as const),
      limit: typeof limit === "number" ? limit : lowestOf(fold, limit),
      read: (second: number) => readings.at(second, figure),
    }));
  },
};

/** Prometheus clients tell of -1, or of 0, where there is no limit. */
function lowestOf({ merge }: RunFold, figure: string): number | null {
  let least: number | null = null;
  for (let second = 0; second < merge.timeline.length; second++) {
    const limit = merge.evidence.readings.at(second, figure) ?? 0;
    if (limit > 0) least = Math.min(least ?? limit, limit);
  }
  return least;
}
