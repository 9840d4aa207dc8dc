/**
 * The journal and the fold of a live run, kept in step: what is applied is what is written, in one order. Used by
 * active-run.ts. Invariant: the fold can be rebuilt from the journal at any moment after a sync().
 */
import type { FrameEntry } from "../../shared/bus/bus.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { EventBody, RunEvent } from "../store/event.ts";
import type { Journal } from "../store/journal.ts";

export interface RunLogOptions {
  /** Of the journal so far. */
  readonly fold: RunFold;
  /** The journal is empty yet. */
  readonly isNew: boolean;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly onEvent: ((event: RunEvent) => void) | undefined;
}

export class RunLog {
  readonly fold: RunFold;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #onEvent: ((event: RunEvent) => void) | undefined;
  #startUs: number | null = null;

  constructor({ fold, isNew, journal, clock, onEvent }: RunLogOptions) {
    this.fold = fold;
    this.#journal = journal;
    this.#clock = clock;
    this.#onEvent = onEvent;
    if (isNew) journal.append({ type: "header", header: fold.facts });
  }

  /** Bytes that a crash would lose. */
  get pendingBytes(): number {
    return this.#journal.pendingBytes;
  }

  /** Microseconds of run time; null before the start is known, negative before it. */
  get elapsedUs(): number | null {
    return this.#startUs === null ? null : this.#clock.monotonicUs() - this.#startUs;
  }

  /** @param startUs run time 0 on this host's monotonic clock */
  setStart(startUs: number): void {
    this.#startUs = startUs;
  }

  /** Writes, applies and tells an event. */
  event(body: EventBody): void {
    const event: RunEvent = {
      ...body,
      wallMs: this.#clock.wallMs(),
      elapsedUs: this.elapsedUs === null ? null : Math.round(this.elapsedUs),
    };
    // What is applied is what a reader of the journal will apply.
    this.#journal.append({ type: "event", event });
    this.fold.apply({ type: "event", event });
    this.#onEvent?.(event);
  }

  /** Writes and applies a frame; one that is there already is neither. */
  frame({ id, body, late }: FrameEntry): void {
    const record = { type: "frame", epoch: id.epoch, seq: id.seq, body, late } as const;
    if (this.fold.apply(record)) this.#journal.append(record);
  }

  /** @throws OnrushError ONRUSH_RUN_DIRECTORY when the disk refuses. */
  sync(): Promise<void> {
    return this.#journal.sync();
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}
