/** `kind: kill-worker`: workers end, as by SIGKILL. Listed in registry.ts. */
import { strict } from "../../../shape/fields.ts";
import { outsideKind } from "./outside.ts";
import type { WorkerAct } from "./worker-act.ts";
import { momentary, writtenWorkers } from "./workers.ts";

export interface KillWorkerAct extends WorkerAct {
  readonly kind: "kill-worker";
}

export const killWorker = outsideKind({
  kind: "kill-worker",
  on: "workers",
  doc: "Workers end at once, as by SIGKILL, without a last word. Others take over what they held, as for any lost worker.",
  example: { at: "steady+30s", kind: "kill-worker", who: 1 },
  shape: () => strict(momentary("kill-worker", "Ends workers, as by SIGKILL.")),
  strict: ({ who }): KillWorkerAct => ({
    kind: "kill-worker",
    workers: who,
    effect: { kind: "kill" },
  }),
  written: (act) => writtenWorkers(act),
  redacted: (act) => act,
  perform: (act, hands) => hands.order(act),
});
