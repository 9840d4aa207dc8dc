/**
 * Watches the document of one run: on every hint and every two seconds, because a hint may be lost. Called
 * by run-execution.ts. Invariant: readings do not overlap, and a hint during a reading leads to another.
 */
import { documentKey, type WorkerBus } from "../../shared/bus/bus.ts";
import type { Timers } from "../../shared/time/timer.ts";
import { sleep } from "../../shared/time/timer.ts";
import type { RunDocument } from "../../shared/wire/command.ts";

export interface DocumentWatchOptions {
  readonly bus: Pick<WorkerBus, "getDocument" | "onHint">;
  readonly run: string;
  readonly timers: Timers;
  readonly pollMs: number;
  /** null: there is no such document (any more). Called with every reading, changed or not. */
  readonly onDocument: (document: RunDocument | null) => void;
}

/** @returns the function that ends the watching. */
export function watchDocument(options: DocumentWatchOptions): () => void {
  const { bus, run, timers, pollMs, onDocument } = options;
  const ending = new AbortController();
  let wake = new AbortController();
  const unsubscribe = bus.onHint("run-changed", (changed) => {
    if (changed === run || changed === "") wake.abort();
  });
  const watch = async () => {
    while (!ending.signal.aborted) {
      wake = new AbortController();
      // Any trouble of the bus passes, or ends the session and with it this watch.
      const read = await bus.getDocument(documentKey.run(run)).catch(() => undefined);
      if (ending.signal.aborted) return;
      if (read !== undefined) onDocument(read === null ? null : (read.value as RunDocument));
      await sleep(timers, pollMs, wake.signal);
    }
  };
  void watch();
  return () => {
    ending.abort();
    wake.abort();
    unsubscribe();
  };
}
