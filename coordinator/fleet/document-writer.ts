/**
 * One document on the bus that this coordinator alone writes. Used by fleet.ts and active-run.ts. What it is to say is
 * set at any time, and written when the bus answers.
 * Invariant: one writer; when the bus has forgotten the document or moved it on, what we hold is written again.
 */
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import { unlessRefused } from "../../shared/bus/read-document.ts";
import { OnrushError } from "../../shared/errors.ts";

const MAX_CONFLICTS = 5;

export class DocumentWriter<T> {
  readonly #bus: CoordinatorBus;
  readonly #key: string;
  #value: T | null = null;
  /** The bus does not hold the value. */
  #stale = false;
  #revision = 0;
  /** Writes queue up behind one another: the last value said is the last one written. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(bus: CoordinatorBus, key: string) {
    this.#bus = bus;
    this.#key = key;
  }

  /** The last value said is this one. */
  holds(value: T): boolean {
    return JSON.stringify(value) === JSON.stringify(this.#value);
  }

  /** Says what the document is to hold from now on. */
  set(value: T): void {
    this.#value = value;
    this.#stale = true;
  }

  /** The bus may have lost it: the next flush writes it again. */
  forgotten(): void {
    this.#stale = this.#value !== null;
    this.#revision = 0;
  }

  /**
   * Writes the document if the bus does not hold it already.
   * @returns whether it was written
   * @throws OnrushError what the bus throws; ONRUSH_BUS_UNREACHABLE when somebody else keeps changing it
   */
  flush(): Promise<boolean> {
    const flushed = this.#tail.then(() => this.#flush());
    this.#tail = flushed.catch(() => {});
    return flushed;
  }

  async #flush(): Promise<boolean> {
    if (!this.#stale) return false;
    const value = this.#value;
    this.#stale = false;
    try {
      await this.#write(value);
      return true;
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  async #write(value: T | null): Promise<void> {
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
      const revision = await this.#bus.putDocument(this.#key, value, this.#revision);
      if (revision !== "conflict") {
        this.#revision = revision;
        return;
      }
      this.#revision = (await unlessRefused(this.#bus.getDocument(this.#key)))?.revision ?? 0;
    }
    throw new OnrushError({
      code: "ONRUSH_BUS_UNREACHABLE",
      message: `${this.#key} cannot be written: somebody else keeps changing it.`,
      remedy: "Let one coordinator at a time use a bus.",
    });
  }
}
