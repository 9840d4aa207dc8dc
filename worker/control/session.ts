/**
 * The worker's lease on life: one session at the bus, renewed each second.
 *
 *   open --renewed--> open --silence until the deadline | "gone" | bus closed--> lost
 *   open --"unknown": the bus has forgotten everything--> resumed under the same epoch--> open
 *     \--close()--> closed
 *
 * Called by control.ts. Invariant: the deadline counts from the sending of the last renewal that was
 * answered, so this side always gives up before the coordinator does; once it passed, no answer revives it.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { isBusClosed } from "../../shared/bus/bus-closed.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { WorkerInfo, WorkerStatus } from "../../shared/wire/worker-info.ts";
import type { ControlTimings } from "../execution/timings.ts";

export interface SessionOptions {
  readonly bus: Pick<
    WorkerBus,
    "openSession" | "renewSession" | "resumeSession" | "closeSession" | "hint"
  >;
  readonly info: WorkerInfo;
  /** Different for every session ever opened. */
  readonly nonce: string;
  readonly status: () => WorkerStatus;
  /** The lease now holds until deadlineUs (monotonic). */
  readonly onRenewed: (deadlineUs: number) => void;
  /** The bus has forgotten the session, which is about to be resumed: what the bus held for it is to be said again. */
  readonly onForgotten: () => void;
  /** Whether silence of the bus is borne for as long as it takes. */
  readonly patient: () => boolean;
  /** Called once at most, never after close(). */
  readonly onLost: (reason: string) => void;
  readonly timings: ControlTimings;
  readonly clock: Clock;
  readonly timers: Timers;
}

const OPEN_ATTEMPTS = 10;
/** Between renewals that state changes ask for. */
const LEAST_RENEW_MS = 20;
/** Between looks at a deadline that has passed and is borne. */
const LEAST_LOOK_MS = 10;

/** @throws OnrushError of the last attempt when the bus does not open a session. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { bus, info, nonce, clock, timers, timings } = options;
  for (let attempt = 1; ; attempt += 1) {
    const sentUs = clock.monotonicUs();
    try {
      const epoch = await bus.openSession(info, nonce);
      sayChanged(bus);
      return new Session(epoch, sentUs, options);
    } catch (error) {
      if (isBusClosed(error) || attempt === OPEN_ATTEMPTS) throw error;
      await sleep(timers, timings.pauseMs);
    }
  }
}

/** The coordinator looks at once; without it, at its next look. */
function sayChanged(bus: SessionOptions["bus"]): void {
  bus.hint("workers-changed", "").catch(() => {});
}

export class Session {
  readonly epoch: number;
  readonly #options: SessionOptions;
  readonly #ending = new AbortController();
  #deadlineUs: number;
  #wake = new AbortController();
  #cancelDeadline: () => void = () => {};

  constructor(epoch: number, openedUs: number, options: SessionOptions) {
    this.epoch = epoch;
    this.#options = options;
    this.#deadlineUs = openedUs + options.timings.fenceAfterMs * 1000;
    this.#armDeadline();
    void this.#keepRenewing();
  }

  get deadlineUs(): number {
    return this.#deadlineUs;
  }

  /** When the last renewal that was answered went out, monotonic. */
  get answeredUs(): number {
    return this.#deadlineUs - this.#options.timings.fenceAfterMs * 1000;
  }

  /** Something in the status changed that the coordinator waits for. */
  renewSoon(): void {
    this.#wake.abort();
  }

  /** Leaves cleanly. Harmless when the session is lost already. */
  async close(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#end();
    const { bus } = this.#options;
    await bus.closeSession(this.epoch).catch(() => {});
    sayChanged(bus);
  }

  async #keepRenewing(): Promise<void> {
    const { timers, timings } = this.#options;
    while (!this.#ending.signal.aborted) {
      await sleep(timers, LEAST_RENEW_MS, this.#ending.signal);
      await sleep(timers, timings.renewMs - LEAST_RENEW_MS, this.#wake.signal);
      const isNews = this.#wake.signal.aborted;
      this.#wake = new AbortController();
      // A process that slept through its lease must not renew it.
      this.#checkDeadline();
      if (this.#ending.signal.aborted) return;
      await this.#renew();
      if (isNews) sayChanged(this.#options.bus);
    }
  }

  async #renew(): Promise<void> {
    const { bus, clock, status, timings, onRenewed } = this.#options;
    const sentUs = clock.monotonicUs();
    let answer: "ok" | "gone";
    try {
      const renewed = await bus.renewSession(this.epoch, status());
      answer = renewed === "unknown" ? await this.#resume() : renewed;
    } catch (error) {
      // Any other trouble may pass before the deadline does.
      if (isBusClosed(error)) this.#lose("the connection to the bus is closed");
      return;
    }
    this.#checkDeadline();
    if (this.#ending.signal.aborted) return;
    if (answer === "gone") {
      this.#lose("the coordinator has ended this worker's session");
      return;
    }
    this.#deadlineUs = sentUs + timings.fenceAfterMs * 1000;
    this.#armDeadline();
    onRenewed(this.#deadlineUs);
  }

  #resume(): Promise<"ok" | "gone"> {
    const { bus, info, nonce, onForgotten } = this.#options;
    // Before it is known again: from then on its status has to say what is still to be claimed.
    if (!this.#ending.signal.aborted) onForgotten();
    return bus.resumeSession(this.epoch, info, nonce);
  }

  #armDeadline(): void {
    const { clock, timers } = this.#options;
    this.#cancelDeadline();
    const leftMs = Math.ceil((this.#deadlineUs - clock.monotonicUs()) / 1000);
    this.#cancelDeadline = timers.after(Math.max(LEAST_LOOK_MS, leftMs), () => {
      this.#checkDeadline();
      if (!this.#ending.signal.aborted) this.#armDeadline();
    });
  }

  #checkDeadline(): void {
    const { clock, timings, patient } = this.#options;
    if (clock.monotonicUs() < this.#deadlineUs || patient()) return;
    this.#lose(`the bus has not answered for ${timings.fenceAfterMs / 1000} s`);
  }

  #lose(reason: string): void {
    if (this.#ending.signal.aborted) return;
    this.#end();
    this.#options.onLost(reason);
  }

  #end(): void {
    this.#ending.abort();
    this.#wake.abort();
    this.#cancelDeadline();
  }
}
