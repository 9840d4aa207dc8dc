/**
 * Forecaster: figures the target tells of itself that have a limit. Listed in registry.ts. Invariant: a limit is the scenario's, or what
 * the target itself tells it is; of a limit that changes the lowest counts.
 */
import { limitsOf } from "../../../shared/scenario/strict-observe.ts";
import type { Signals } from "../diagnosis/signals.ts";
import { isMemory } from "../diagnosis/witness/metrics.ts";
import type { Forecaster } from "./forecaster.ts";

export const targetLimits: Forecaster = {
  meta: {
    id: "target-limits",
    doc: "figures of `observe.metrics` with a limit: one of `limits`, or one that the page tells of (`process_max_fds`, `process_virtual_memory_max_bytes`, `jvm_memory_max_bytes`), where both are picked",
  },
  figures(signals) {
    const { readings } = signals.fold.merge.evidence;
    return limitsOf(signals.fold.facts.scenario.observe).map(({ figure, limit }) => ({
      ...({ name: figure, of: "target", isMemory: isMemory(figure) } as const),
      limit: typeof limit === "number" ? limit : lowestOf(signals, limit),
      read: (second: number) => readings.at(second, figure),
    }));
  },
};

/** Prometheus clients tell of -1, or of 0, where there is no limit. */
function lowestOf({ fold, rows }: Signals, figure: string): number | null {
  const { readings } = fold.merge.evidence;
  const told = rows.flatMap(({ second }) => readings.at(second, figure) ?? []);
  const limits = told.filter((value) => value > 0);
  return limits.length === 0 ? null : limits.reduce((least, one) => Math.min(least, one));
}
