/** `kind: isolate-worker`: workers lose the bus for a time. Listed in registry.ts. */
import { strict } from "../../../shape/fields.ts";
import { outsideKind } from "./outside.ts";
import type { WorkerAct, WorkerEffect } from "./worker-act.ts";
import { lasting, writtenWorkers } from "./workers.ts";

export interface IsolateWorkerAct extends WorkerAct {
  readonly kind: "isolate-worker";
  readonly effect: Extract<WorkerEffect, { kind: "isolate" }>;
}

export const isolateWorker = outsideKind({
  kind: "isolate-worker",
  on: "workers",
  doc: "Workers lose the bus, both ways, while their load goes on: what they ask of it does not get there, and no answer gets back. Past its lease a worker ends its load.",
  example: { at: "steady+30s", for: "10s", kind: "isolate-worker", who: 1 },
  shape: () => strict(lasting("isolate-worker", "Cuts workers off from the bus.")),
  strict: ({ who, for: forUs }): IsolateWorkerAct => ({
    kind: "isolate-worker",
    workers: who,
    effect: { kind: "isolate", forUs },
  }),
  written: (act) => writtenWorkers(act),
  redacted: (act) => act,
  lastsUs: ({ effect }) => effect.forUs,
  perform: (act, hands) => hands.order(act),
});
