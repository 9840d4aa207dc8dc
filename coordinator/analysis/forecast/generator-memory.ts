/**
 * Forecaster: the heap of the generator's engines, which ends a soak test from inside. Listed in registry.ts. Invariant: of the engine
 * that is worst, as evidence.ts keeps it; the limit is the lowest of any second.
 */
import { MOST_HORIZON } from "../stats/forecast.ts";
import type { Forecaster } from "./forecaster.ts";

export const generatorMemory: Forecaster = {
  meta: {
    id: "generator-memory",
    doc: "heap in use of the busiest engine of the generator, and the limit of its JavaScript engine",
  },
  figures({ merge }) {
    const { health } = merge.evidence;
    let [limit, most] = [Number.POSITIVE_INFINITY, 0];
    for (let second = 0; second < merge.timeline.length; second++) {
      limit = Math.min(limit, health.at(second, "heapLimitBytes") || limit);
      most = Math.max(most, health.at(second, "heapUsedBytes") ?? 0);
    }
    // What has grown to less cannot grow to the limit within the horizon.
    if (most * (1 + MOST_HORIZON) < limit) return [];
    return [
      {
        ...({ name: "heap of an engine in bytes", of: "generator", isMemory: false } as const),
        ...{ limit, read: (second) => health.at(second, "heapUsedBytes") },
      },
    ];
  },
};
