/** `kind: pause-worker`: workers stand still for a time. Listed in registry.ts. */
import { strict } from "../../../shape/fields.ts";
import { outsideKind } from "./outside.ts";
import type { WorkerAct, WorkerEffect } from "./worker-act.ts";
import { lasting, writtenWorkers } from "./workers.ts";

export interface PauseWorkerAct extends WorkerAct {
  readonly kind: "pause-worker";
  readonly effect: Extract<WorkerEffect, { kind: "pause" }>;
}

export const pauseWorker = outsideKind({
  kind: "pause-worker",
  on: "workers",
  doc: "All threads of workers stand still, as between SIGSTOP and SIGCONT, or while a virtual machine is frozen. Past its lease a worker ends its load when it wakes.",
  example: { at: "steady+30s", for: "5s", kind: "pause-worker", who: 1 },
  shape: () => strict(lasting("pause-worker", "Has workers stand still.")),
  strict: ({ who, for: forUs }): PauseWorkerAct => ({
    kind: "pause-worker",
    workers: who,
    effect: { kind: "pause", forUs },
  }),
  written: (act) => writtenWorkers(act),
  redacted: (act) => act,
  lastsUs: ({ effect }) => effect.forUs,
  perform: (act, hands) => hands.order(act),
});
