/**
 * The control thread of a worker process: keeps the clock offset, and serves one incarnation after another
 * until it is asked to drain or its lease is lost. Called by main.ts.
 * Invariant: it never does load work, so the lease is renewed however busy the engines are.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { isBusClosed } from "../../shared/bus/bus-closed.ts";
import { ExitCode, OnrushError } from "../../shared/errors.ts";
import { type Log, oneLine } from "../../shared/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { WorkerInfo } from "../../shared/wire/worker-info.ts";
import type { WorkerLimits } from "../config.ts";
import type { StartEngine } from "../execution/engine-thread.ts";
import type { Orders } from "../execution/orders.ts";
import type { ControlTimings } from "../execution/timings.ts";
import type { WorkerState } from "../health/worker-state.ts";
import { type ClockOffset, measureClockOffset } from "./clock-offset.ts";
import { startWorkerSession, type WorkerSession } from "./worker-session.ts";

export interface ControlOptions {
  readonly bus: WorkerBus;
  readonly info: WorkerInfo;
  readonly limits: WorkerLimits;
  readonly startEngine: StartEngine;
  /** What faults have this worker do to itself; absent: nothing. */
  readonly orders?: Orders;
  /** After a lost lease: open a new session and go on, or stop serving. */
  readonly rejoin: boolean;
  readonly timings: ControlTimings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class Control {
  readonly #options: ControlOptions;
  readonly #draining = new AbortController();
  #hurry = false;
  #incarnation: WorkerSession | null = null;
  #offset: ClockOffset = { offsetUs: 0, errorUs: 0 };

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /**
   * Works until drained or lost.
   * @returns the exit code of the process: passed when it left in good order, untrusted when its lease was lost
   * @throws OnrushError when the bus does not answer at all
   */
  async serve(): Promise<ExitCode> {
    const { bus, info, rejoin, log } = this.#options;
    const serving = new AbortController();
    try {
      const measured = await this.#patiently(() => measureClockOffset(bus, this.#options.clock));
      if (measured === null) return ExitCode.passed;
      this.#offset = measured;
      void this.#keepMeasuring(serving.signal);
      while (!this.#draining.signal.aborted) {
        this.#incarnation = await this.#patiently(() => this.#startSession());
        if (this.#incarnation === null) break;
        log.info(`joined as ${oneLine(info.id, 200)}: ${amounts(info)}`);
        if (this.#draining.signal.aborted) this.#leave(this.#incarnation);
        const ending = await this.#incarnation.ended;
        this.#incarnation = null;
        if (ending.kind === "drained") {
          log.info("left");
          break;
        }
        log.warn(`session lost: ${ending.reason}`);
        if (!rejoin) return ExitCode.untrusted;
      }
      return ExitCode.passed;
    } finally {
      serving.abort();
      await bus.close();
    }
  }

  /** For whoever looks after the process. */
  state(): WorkerState {
    const { info, clock } = this.#options;
    const session = this.#incarnation?.session ?? null;
    const status = this.#incarnation?.status();
    return {
      ...{ engines: info.engines, capacity: info.capacity },
      epoch: session?.epoch ?? null,
      silentMs: session === null ? null : (clock.monotonicUs() - session.answeredUs) / 1000,
      draining: this.#draining.signal.aborted || status?.leaving === true,
      slicesHeld: status?.slicesHeld ?? 0,
      connectionsOpen: status?.connectionsOpen ?? 0,
    };
  }

  /**
   * One of a cluster waits for a bus that is away or empty; a forked one has nothing to wait for.
   * @returns null when it was asked to leave meanwhile
   */
  async #patiently<T>(attempt: () => Promise<T>): Promise<T | null> {
    const { rejoin, timers, timings, log } = this.#options;
    const draining = this.#draining.signal;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!rejoin || !isUnreachable(error)) throw error;
        if (draining.aborted) return null;
        log.warn(`${error.message} Trying again.`);
        await sleep(timers, timings.pauseMs, draining);
      }
    }
  }

  #startSession(): Promise<WorkerSession> {
    return startWorkerSession({ ...this.#options, clockOffset: () => this.#offset });
  }

  /**
   * Leaves in good order; serve() returns when that is done. Others take over what it holds, if there are any; the second
   * call does not wait for that.
   */
  drain(): void {
    this.#hurry = this.#draining.signal.aborted;
    const { log, timings } = this.#options;
    if (this.#hurry) log.info("leaving without waiting for others");
    else log.info(drainLine(timings.leaveMs));
    this.#draining.abort();
    if (this.#incarnation) this.#leave(this.#incarnation);
  }

  #leave(incarnation: WorkerSession): void {
    if (this.#hurry) void incarnation.drain();
    else void incarnation.leave(this.#options.timings.leaveMs);
  }

  async #keepMeasuring(signal: AbortSignal): Promise<void> {
    const { bus, clock, timers, timings, log } = this.#options;
    while (!signal.aborted) {
      await sleep(timers, timings.clockProbeMs, signal);
      if (signal.aborted) return;
      try {
        this.#offset = await measureClockOffset(bus, clock);
      } catch (error) {
        if (isBusClosed(error)) return;
        // The old offset stays; it drifts by some 50 microseconds per second at worst.
        log.warn("measuring the clock offset failed");
      }
    }
  }
}

function drainLine(leaveMs: number): string {
  const wait =
    leaveMs > 0 ? `; others have up to ${leaveMs / 1000} s to take over what it holds` : "";
  return `draining: takes nothing more${wait}`;
}

function amounts({ engines, capacity }: WorkerInfo): string {
  return `${engines} engine${engines === 1 ? "" : "s"}, up to ${capacity} connections`;
}

function isUnreachable(error: unknown): error is OnrushError {
  return error instanceof OnrushError && error.code === "ONRUSH_BUS_UNREACHABLE";
}
