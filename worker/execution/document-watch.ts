/**
 * Watches one document: on every hint and every two seconds, because a hint may be lost. Called by run-execution.ts for
 * its run's document and by worker-session.ts for the placement.
 * Invariant: readings do not overlap, and a hint during a reading leads to another.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import type { Timers } from "../../shared/time/timer.ts";
import { sleep } from "../../shared/time/timer.ts";
import type { HintTopic } from "../../shared/wire/command.ts";

export interface DocumentWatchOptions<T> {
  readonly bus: Pick<WorkerBus, "onHint">;
  /** What there is; null: there is no such document (any more). */
  readonly read: () => Promise<T | null>;
  readonly topic: HintTopic;
  /** Hints for others are not followed; null: all are. */
  readonly run: string | null;
  readonly timers: Timers;
  readonly pollMs: number;
  /** Called with every reading, changed or not. */
  readonly onDocument: (value: T | null) => void;
}

/** @returns the function that ends the watching. */
export function watchDocument<T>(options: DocumentWatchOptions<T>): () => void {
  const { bus, topic, run, timers, pollMs, onDocument } = options;
  const ending = new AbortController();
  let wake = new AbortController();
  const unsubscribe = bus.onHint(topic, (changed) => {
    if (run === null || changed === run || changed === "") wake.abort();
  });
  const watch = async () => {
    while (!ending.signal.aborted) {
      wake = new AbortController();
      // Any trouble of the bus passes, or ends the session and with it this watch; what was refused changes nothing.
      const document = await options.read().catch(() => undefined);
      if (ending.signal.aborted) return;
      if (document !== undefined) onDocument(document);
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
