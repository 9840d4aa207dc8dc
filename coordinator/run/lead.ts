/**
 * The lead among coordinators: one of them acts at a time. Taken by the program before it has a fleet, kept by renewal,
 * and given up at its end.
 *
 *   none --take()--> held --not renewed for ttl, by the own clock--> unsure --renewed--> held
 *                      \--another one has it--> lost, for good
 *
 * Invariant: a coordinator that is not certain to lead writes nothing: its bus (guard()) refuses.
 */
import { setMaxListeners } from "node:events";
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";

const TTL_MS = 6000;
const RENEW_MS = 1500;
const RETRY_MS = 500;

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
      if (holder === this.#options.id) break;
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

  #check(): void {
    if (this.held) return;
    if (this.#lost.signal.aborted) throw taken("another coordinator");
    throw new OnrushError({
      code: "ONRUSH_BUS_UNREACHABLE",
      message: "this coordinator is not certain to have the lead",
    });
  }
}

function taken(holder: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_COORDINATOR_TAKEN",
    message: `Another coordinator, ${holder}, leads on this bus.`,
    remedy:
      "Hand the scenario to it (`onrush submit SCENARIO --coordinator URL`), or stop it, or use another bus.",
  });
}
