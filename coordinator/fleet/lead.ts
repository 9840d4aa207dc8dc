/**
 * The lead among coordinators: one of them acts at a time. Taken by the program before it has a fleet, kept by renewal,
 * and given up at its end.
 *
 *   none --take()--> held --not renewed for ttl, by the own clock--> unsure --renewed--> held
 *                      \--another one has it--> lost, for good
 *
 * Each lead has an epoch, higher than those of the leads before it. It is in the locks of the leader's runs (store/lock.ts),
 * so that a run is never written by two.
 * Invariant: a coordinator that is not certain to lead writes nothing: its bus (guard()) refuses.
 */
import { setMaxListeners } from "node:events";
import { type CoordinatorBus, documentKey } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";

const TTL_MS = 6000;
const RENEW_MS = 1500;
const RETRY_MS = 500;
/** For an answer of the bus, when somebody waits to hear whether this coordinator leads. */
const ASK_MS = 2000;
/** Writers of the epoch follow one another; this many at most are waited for. */
const MAX_CONFLICTS = 5;
/** Beyond it an epoch is none of ours: the wall clock's milliseconds, and a little more. */
const MAX_EPOCH = 2 ** 50;

/** unsure: the bus has not answered for too long. */
export type Standing = "leads" | "lost" | "unsure";

export interface LeadOptions {
  readonly bus: CoordinatorBus;
  /** Different for every process that may ever want the lead. */
  readonly id: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** Calls that change anything for others. */
const WRITES: ReadonlySet<string> = new Set<keyof CoordinatorBus>([
  "putDocument",
  "deleteDocument",
  "offerTicket",
  "endSession",
  "fence",
  "acknowledgeFrames",
  "forgetRun",
]);

export class Lead {
  readonly #options: LeadOptions;
  readonly #closing = new AbortController();
  readonly #lost = new AbortController();
  /** Until then nobody else can have it, monotonic. */
  #untilUs = Number.NEGATIVE_INFINITY;
  #renewing: Promise<void> = Promise.resolve();
  #epoch = 0;

  constructor(options: LeadOptions) {
    this.#options = options;
    setMaxListeners(0, this.#lost.signal);
  }

  /** Aborts when another coordinator took the lead. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Nobody else can have the lead now. */
  get held(): boolean {
    return !this.#lost.signal.aborted && this.#options.clock.monotonicUs() < this.#untilUs;
  }

  /** Of this lead; 0 before it was taken. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether it leads now: asks the bus when that is not certain, as after a pause of this process. */
  async standing(): Promise<Standing> {
    if (!this.held && !this.#lost.signal.aborted) {
      const asked = this.#ask().catch((error: unknown) => {
        if (!(error instanceof OnrushError)) throw error;
      });
      await Promise.race([asked, sleep(this.#options.timers, ASK_MS)]);
    }
    if (this.#lost.signal.aborted) return "lost";
    return this.held ? "leads" : "unsure";
  }

  /**
   * Has the epoch above another one: that of a lock whose bus has been forgotten since, with clocks that differ.
   * @throws what the bus throws
   */
  async raise(above: number): Promise<void> {
    if (above < this.#epoch || above > MAX_EPOCH) return;
    this.#epoch = await this.#write(above + 1);
  }

  /**
   * Takes the lead, and keeps it from then on.
   * @param waitMs how long to wait for another one to give it up
   * @throws OnrushError ONRUSH_COORDINATOR_TAKEN when it does not; what the bus throws at the last attempt
   */
  async take(waitMs: number): Promise<void> {
    const { clock, timers } = this.#options;
    const deadlineUs = clock.monotonicUs() + waitMs * 1000;
    for (;;) {
      if (this.#closing.signal.aborted) throw taken("another coordinator");
      const late = clock.monotonicUs() >= deadlineUs;
      const holder = await this.#ask().catch((error: unknown) => {
        if (late || !(error instanceof OnrushError)) throw error;
        return null;
      });
      if (holder === this.#options.id && (await this.#begin(late))) break;
      if (late) throw taken(holder ?? "another coordinator");
      await sleep(timers, RETRY_MS, this.#closing.signal);
    }
    this.#renewing = this.#keep();
  }

  /** The bus as this coordinator may use it: writes only while it leads. */
  guard(bus: CoordinatorBus): CoordinatorBus {
    return new Proxy(bus, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        const call = (...values: unknown[]): unknown => Reflect.apply(member, target, values);
        if (!WRITES.has(String(name))) return call;
        return async (...values: unknown[]) => {
          this.#check();
          return call(...values);
        };
      },
    });
  }

  /** Gives the lead up. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#renewing;
    this.#untilUs = Number.NEGATIVE_INFINITY;
    await this.#options.bus.releaseLead(this.#options.id).catch((error: unknown) => {
      if (!(error instanceof OnrushError)) throw error;
    });
  }

  async #keep(): Promise<void> {
    const { timers, log } = this.#options;
    for (;;) {
      await sleep(timers, RENEW_MS, this.#closing.signal);
      if (this.#closing.signal.aborted || this.#lost.signal.aborted) return;
      try {
        await this.#ask();
      } catch (error) {
        if (!(error instanceof OnrushError)) throw error;
        if (!this.held) log.warn(`the lead cannot be renewed: ${error.message}`);
      }
    }
  }

  /** @returns who has the lead */
  async #ask(): Promise<string> {
    const { bus, id, clock, log } = this.#options;
    const askedUs = clock.monotonicUs();
    const wasHeld = this.#untilUs > Number.NEGATIVE_INFINITY;
    const holder = await bus.lead(id, TTL_MS);
    // From the asking on: the bus counts from a later moment.
    if (holder === id) this.#untilUs = askedUs + TTL_MS * 1000;
    else if (wasHeld) {
      log.error(`coordinator ${holder} has taken the lead; this one stops`);
      this.#lost.abort();
    }
    return holder;
  }

  /** Gets an epoch for the lead that was just taken. @returns false when the bus does not answer */
  async #begin(late: boolean): Promise<boolean> {
    try {
      this.#epoch = await this.#write(this.#options.clock.wallMs());
      return true;
    } catch (error) {
      if (late || !(error instanceof OnrushError)) throw error;
      return false;
    }
  }

  /** @returns an epoch above all written before, and at least so high */
  async #write(least: number): Promise<number> {
    const { bus, id } = this.#options;
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
      const read = await bus.getDocument(documentKey.lead);
      const epoch = Math.max(Math.trunc(least), epochOf(read?.value) + 1);
      this.#check();
      const written = await bus.putDocument(documentKey.lead, { epoch, id }, read?.revision ?? 0);
      if (written !== "conflict") return epoch;
    }
    throw new OnrushError({
      code: "ONRUSH_BUS_UNREACHABLE",
      message: "the lead's epoch cannot be written: somebody else keeps changing it",
    });
  }

  #check(): void {
    if (this.held) return;
    if (this.#lost.signal.aborted) throw taken("another coordinator");
    throw new OnrushError({
      code: "ONRUSH_BUS_UNREACHABLE",
      message: "this coordinator is not certain to have the lead",
    });
  }
}

/** What a bus holds is not to be trusted blindly. */
function epochOf(value: unknown): number {
  const { epoch } = (value ?? {}) as { readonly epoch?: unknown };
  return typeof epoch === "number" && epoch > 0 && epoch < MAX_EPOCH ? Math.trunc(epoch) : 0;
}

function taken(holder: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_COORDINATOR_TAKEN",
    message: `Another coordinator, ${holder}, leads on this bus.`,
    remedy:
      "Hand the scenario to it (`onrush submit SCENARIO --coordinator URL`), or stop it, or use another bus.",
  });
}
