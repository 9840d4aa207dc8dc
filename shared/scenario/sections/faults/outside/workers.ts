/**
 * What the kinds have in common that are done to workers: whom they hit, and what a worker is asked to do to itself. Used by their
 * files; worker/execution/orders.ts does it. Invariant: what is asked is over by itself after its time, whoever is gone by then.
 */
import * as z from "zod";
import { about, durationUpTo, fault, part, strict, text, whole } from "../../../shape/fields.ts";
import { formatDuration, formatShare } from "../../../units.ts";
import { base } from "./outside.ts";
import type { StrictWorkers, WorkerAct } from "./worker-act.ts";

const MAX_WORKERS = 10_000;

/** Keys of a kind that is done to workers in a moment. */
export function momentary<N extends string>(kind: N, description: string) {
  return {
    ...base(kind, description),
    who: about(
      who(),
      "Whom it hits, of the workers that have a part in the run then: a share, a number, or a map with share, count or worker.",
      1,
      { worker: "worker-2" },
    ),
  };
}

/** Keys of one that lasts. */
export function lasting<N extends string>(kind: N, description: string) {
  return {
    ...momentary(kind, description),
    for: about(durationUpTo("10m"), "How long it lasts; ten minutes at most.", "5s"),
  };
}

/** However it is written, parsed to one form. */
function who() {
  const all: StrictWorkers = { share: 1, count: null, worker: null };
  const map = strict({
    share: about(part().optional(), "Share of the workers; at least one of them.", "50%"),
    count: about(whole(1, MAX_WORKERS).optional(), "How many workers.", 1),
    worker: about(text(200).optional(), "The worker of this id (`onrush workers`).", "worker-2"),
  }).superRefine((value, context) => {
    if (Object.values(value).filter((one) => one !== undefined).length === 1) return;
    fault(context, ["who takes one of share, count or worker", "such as { count: 1 }"]);
  });
  return z.union([
    part().transform((share): StrictWorkers => ({ ...all, share })),
    whole(1, MAX_WORKERS).transform((count): StrictWorkers => ({ ...all, count })),
    map.transform(
      ({ share = 1, count = null, worker = null }): StrictWorkers => ({ share, count, worker }),
    ),
  ]);
}

/** `who`, and `for` of one that lasts, as their author may write them. */
export function writtenWorkers({ workers, effect }: WorkerAct): Readonly<Record<string, unknown>> {
  const { share, count, worker } = workers;
  return {
    who: worker === null ? (count ?? formatShare(share)) : { worker },
    ...(effect.kind !== "kill" && { for: formatDuration(effect.forUs) }),
  };
}
