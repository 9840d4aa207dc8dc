/**
 * Forecaster: open files and local ports of the generator's workers, which end a soak test from inside. Listed in registry.ts. Invariant: of
 * the worker that has most in use; without one limit that all workers have, none of them is looked at.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import { MOST_HORIZON } from "../stats/forecast.ts";
import type { Figure, Forecaster } from "./forecaster.ts";

/** As frames have what is in use, and the journal its limit. */
const LIMITED = [
  { field: "openFiles", limitOf: "openFiles", name: "open files of a worker" },
  { field: "ports", limitOf: "localPorts", name: "local ports of a worker towards one address" },
] as const;

export const generatorLimits: Forecaster = {
  meta: {
    id: "generator-limits",
    doc: "open files of the busiest worker of the generator, and its local ports towards one target address, where all workers have the same limit",
  },
  figures: (fold) => LIMITED.flatMap((one) => figureOf(fold, one)),
};

function figureOf(
  { merge }: RunFold,
  { field, limitOf, name }: (typeof LIMITED)[number],
): readonly Figure[] {
  const limits = new Set([...merge.workers.values()].map(({ limits: own }) => own?.[limitOf]));
  const [limit] = limits;
  if (limits.size !== 1 || limit === undefined) return [];
  // 0: the system does not say.
  const read = (second: number) => merge.evidence.health.at(second, field) || null;
  let most = 0;
  for (let second = 0; second < merge.timeline.length; second++) {
    most = Math.max(most, read(second) ?? 0);
  }
  // What has grown to less cannot grow to the limit within the horizon.
  return most * (1 + MOST_HORIZON) < limit
    ? []
    : [{ name, of: "generator", isMemory: false, limit, read }];
}
