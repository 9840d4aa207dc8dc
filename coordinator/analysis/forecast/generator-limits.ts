/**
 * Forecaster: open files of the generator's workers, which end a soak test from inside. Listed in registry.ts. Invariant: of the worker that
 * has most in use; without one limit that all workers have, none of them is looked at.
 */
import { MOST_HORIZON } from "../stats/forecast.ts";
import type { Forecaster } from "./forecaster.ts";

export const generatorLimits: Forecaster = {
  meta: {
    id: "generator-limits",
    doc: "open files of the busiest worker of the generator, where all workers have the same limit",
  },
  figures({ merge }) {
    const limits = new Set([...merge.workers.values()].map(({ limits: own }) => own?.openFiles));
    const [limit] = limits;
    if (limits.size !== 1 || limit === undefined) return [];
    // 0: the system does not say.
    const read = (second: number) => merge.evidence.health.at(second, "openFiles") || null;
    let most = 0;
    for (let second = 0; second < merge.timeline.length; second++) {
      most = Math.max(most, read(second) ?? 0);
    }
    // What has grown to less cannot grow to the limit within the horizon.
    return most * (1 + MOST_HORIZON) < limit
      ? []
      : [{ name: "open files of a worker", of: "generator", isMemory: false, limit, read }];
  },
};
