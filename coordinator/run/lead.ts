/**
 * The lead among coordinators: whoever has it may run tests on a bus. Used by whatever executes runs on a bus that others
 * may reach. Invariant: one holder at a time, by compare-and-set on one document and the bus's own clock; a holder that
 * falls silent loses it after LEAD_MS.
 */
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";

const LEAD_MS = 6000;
const RENEW_MS = 1500;
const DOCUMENT = "lead";
/** Tries of a compare-and-set that others race for. */
const ATTEMPTS = 5;

interface LeadDocument {
  readonly id: string;
  /** Bus clock, microseconds. */
  readonly untilUs: number;
}

export interface LeadOptions {
  readonly bus: CoordinatorBus;
  /** Different for every holder there ever was; shown to whoever is refused. */
  readonly id: string;
  readonly timers: Timers;
}

export class Lead {
  readonly #options: LeadOptions;
  readonly #ending = new AbortController();

  /** @throws OnrushError ONRUSH_COORDINATOR_TAKEN when another coordinator has it. */
  static async take(options: LeadOptions): Promise<Lead> {
    const holder = await claim(options);
    if (holder !== options.id) {
      throw new OnrushError({
        code: "ONRUSH_COORDINATOR_TAKEN",
        message: `Another coordinator runs tests on this bus: ${holder}.`,
        remedy: "Wait until its run is over; one that was killed loses its place after 6 s.",
      });
    }
    return new Lead(options);
  }

  private constructor(options: LeadOptions) {
    this.#options = options;
    void this.#keep();
  }

  /** Gives the lead up. */
  async release(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    const { bus, id } = this.#options;
    const { document } = await read(bus);
    if (document?.id === id) await bus.deleteDocument(DOCUMENT);
  }

  async #keep(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      await sleep(this.#options.timers, RENEW_MS, this.#ending.signal);
      // A bus that does not answer gives the lead to nobody else either.
      if (!this.#ending.signal.aborted) await claim(this.#options).catch(() => null);
    }
  }
}

/** @returns who has the lead now */
async function claim({ bus, id }: LeadOptions): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const nowUs = await bus.time();
    const { document, revision } = await read(bus);
    if (document !== null && document.id !== id && document.untilUs > nowUs) return document.id;
    const mine: LeadDocument = { id, untilUs: nowUs + LEAD_MS * 1000 };
    if ((await bus.putDocument(DOCUMENT, mine, revision)) !== "conflict") return id;
  }
  return "one that keeps taking it";
}

async function read(
  bus: CoordinatorBus,
): Promise<{ readonly document: LeadDocument | null; readonly revision: number }> {
  const found = await bus.getDocument(DOCUMENT);
  return found === null
    ? { document: null, revision: 0 }
    : { document: found.value as LeadDocument, revision: found.revision };
}
