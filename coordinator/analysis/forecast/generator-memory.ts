/**
 * Forecaster: the heap of the generator's engines, which ends a soak test from inside. Listed in registry.ts. Invariant: of the engine
 * that is worst, as evidence.ts keeps it; the limit is the lowest that any engine told of.
 */
import type { Forecaster } from "./forecaster.ts";

export const generatorMemory: Forecaster = {
  meta: {
    id: "generator-memory",
    doc: "heap in use of the busiest engine of the generator, and the limit of its JavaScript engine",
  },
  figures({ fold, rows }) {
    const { health } = fold.merge.evidence;
    const limits = rows
      .map(({ second }) => health.at(second, "heapLimitBytes") ?? 0)
      .filter((bytes) => bytes > 0);
    if (limits.length === 0) return [];
    return [
      {
        ...({ name: "heap of an engine in bytes", of: "generator", isMemory: false } as const),
        limit: limits.reduce((least, one) => Math.min(least, one)),
        read: (second) => health.at(second, "heapUsedBytes"),
      },
    ];
  },
};
