/**
 * Forecaster: the target's memory where no limit of it is known: how much each connection and message leaves behind. Listed in registry.ts.
 * Invariant: which figure is memory is told by its name; those of target-limits.ts are not looked at again.
 */
import { limitsOf, pickedOf } from "../../../shared/scenario/strict-observe.ts";
import { isMemory } from "../diagnosis/witness/metrics.ts";
import type { Forecaster } from "./forecaster.ts";

export const targetMemory: Forecaster = {
  meta: {
    id: "target-memory",
    doc: "figures of `observe.metrics` whose name says memory (`memory`, `mem`, `rss`, `heap`), without a limit: growth alone",
  },
  figures({ facts, merge }) {
    const { observe } = facts.scenario;
    const limits = limitsOf(observe);
    const isLimited = (name: string) =>
      limits.some(({ figure, limit }) => figure === name || limit === name);
    return pickedOf(observe)
      .filter((name) => isMemory(name) && !isLimited(name))
      .map((name) => ({
        ...({ name, of: "target", limit: null, isMemory: true } as const),
        read: (second: number) => merge.evidence.readings.at(second, name),
      }));
  },
};
