/**
 * One incarnation of a worker: a session at the bus, and the runs it serves one after another under that
 * session's epoch. Called by control.ts, which starts the next incarnation if there is to be one.
 * Invariant: nothing outlives the lease: when it is lost, the engines are cut before anything else happens.
 */
import { randomUUID } from "node:crypto";
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { readPlacement, readPlan, readRun } from "../../shared/bus/read-document.ts";
import type { Log } from "../../shared/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import { isBeforeStart } from "../../shared/wire/command.ts";
import type { Placement, Quota } from "../../shared/wire/placement.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import type { Ticket } from "../../shared/wire/ticket.ts";
import type { WorkerInfo, WorkerStatus } from "../../shared/wire/worker-info.ts";
import type { WorkerLimits } from "../config.ts";
import { watchDocument } from "../execution/document-watch.ts";
import type { StartEngine } from "../execution/engine-thread.ts";
import type { Orders } from "../execution/orders.ts";
import { RunExecution } from "../execution/run-execution.ts";
import { isRunOver, mostSlices, refusalOf } from "../execution/run-needs.ts";
import { ACCEPTED, IDLE } from "../execution/run-states.ts";
import type { ControlTimings } from "../execution/timings.ts";
import { claimTicket, rowsFor } from "./claim.ts";
import type { ClockOffset } from "./clock-offset.ts";
import { Reclaim } from "./reclaim.ts";
import { openSession, type Session } from "./session.ts";
import { takeTickets } from "./tickets.ts";

export interface WorkerSessionOptions {
  readonly bus: WorkerBus;
  readonly info: WorkerInfo;
  readonly limits: WorkerLimits;
  readonly startEngine: StartEngine;
  readonly orders?: Orders;
  readonly clockOffset: () => ClockOffset;
  readonly timings: ControlTimings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** Why an incarnation ended. */
export type Ending =
  | { readonly kind: "drained" }
  | { readonly kind: "lost"; readonly reason: string };

/** @throws OnrushError when no session can be opened. */
export async function startWorkerSession(options: WorkerSessionOptions): Promise<WorkerSession> {
  const incarnation = new WorkerSession(options);
  await incarnation.open();
  return incarnation;
}

export class WorkerSession {
  /** Resolves when its last work is over. */
  readonly ended: Promise<Ending>;
  readonly #options: WorkerSessionOptions;
  readonly #taking = new AbortController();
  readonly #reclaim: Reclaim;
  #state: "open" | "leaving" | "draining" | "over" = "open";
  /** What the placement document gives this worker. */
  #quota: Quota | null = null;
  #quotaChanged = new AbortController();
  #stopWatching: () => void = () => {};
  #session: Session | null = null;
  #execution: RunExecution | null = null;
  /** The challenge of the placement read last. */
  #answers = "";
  /** Of the run it serves, by its own limits. */
  #mostSlices = Number.POSITIVE_INFINITY;
  /** Why the last ticket was left to others. */
  #refused: Pick<WorkerStatus, "state" | "problem"> = ACCEPTED;
  #end: (ending: Ending) => void = () => {};

  constructor(options: WorkerSessionOptions) {
    this.#options = options;
    this.#reclaim = new Reclaim(options);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Null before it is open, and when it is over. */
  get session(): Session | null {
    return this.#isOver() ? null : this.#session;
  }

  async open(): Promise<void> {
    const { bus, info, timings, clock, timers, log } = this.#options;
    const session = await openSession({
      bus,
      info,
      nonce: randomUUID(),
      status: () => this.status(),
      onRenewed: (deadlineUs) => this.#execution?.lease(deadlineUs),
      onForgotten: () => this.#reclaim.all(session.epoch, () => this.#execution),
      patient: () => this.#execution?.patient ?? false,
      onLost: (reason) => void this.#lose(reason),
      timings,
      clock,
      timers,
    });
    this.#session = session;
    this.#reclaim.begin(session.epoch, () => this.#execution);
    this.#stopWatching = watchDocument({
      ...{ bus, topic: "tickets-offered", run: null, timers },
      pollMs: timings.documentPollMs,
      read: () => readPlacement(bus),
      onDocument: (placement) => this.#place(session, placement),
    });
    const wanted = () => this.#wanted();
    const changed = () => this.#quotaChanged.signal;
    const handle = (ticket: Ticket) => this.#handle(session, ticket);
    // It ends by itself only when the bus is closed; the session would not notice before its next renewal.
    void takeTickets(
      { bus, timers, timings, log, wanted, changed, handle },
      this.#taking.signal,
    ).then(() => {
      if (!this.#taking.signal.aborted) void this.#lose("the connection to the bus is closed");
    });
  }

  /**
   * Leaves in good order: has others take over what it holds, as long as that takes and at most graceMs; then ends what
   * is left, delivers its frames and closes its session.
   */
  async leave(graceMs: number): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "leaving";
    this.#stopTaking();
    this.#session?.renewSoon();
    const { clock, timers, timings } = this.#options;
    const untilUs = clock.monotonicUs() + graceMs * 1000;
    while (this.#mayHandOver() && clock.monotonicUs() < untilUs) {
      await sleep(timers, timings.pauseMs);
    }
    await this.drain();
  }

  /** Leaves now: ends its load, delivers its frames, closes its session. */
  async drain(): Promise<void> {
    if (this.#state !== "open" && this.#state !== "leaving") return;
    this.#state = "draining";
    this.#stopTaking();
    const missing = (await this.#execution?.drain())?.missing ?? 0;
    if (missing > 0) this.#options.log.error(`left with ${missing} frames undelivered`);
    if (this.#isOver()) return;
    this.#state = "over";
    this.#stopWatching();
    await this.#session?.close();
    await this.#execution?.close();
    this.#end({ kind: "drained" });
  }

  async #lose(reason: string): Promise<void> {
    if (this.#isOver()) return;
    this.#state = "over";
    this.#stopTaking();
    this.#stopWatching();
    const fenced = this.#execution?.fence(reason);
    await this.#session?.close();
    await fenced;
    await this.#execution?.close();
    this.#end({ kind: "lost", reason });
  }

  /** Only what has begun is handed over; before the start others simply take the slices of who is gone. */
  #mayHandOver(): boolean {
    if (this.#state !== "leaving") return false;
    return this.#execution?.started === true && this.#execution.slices.length > 0;
  }

  /** It still reads the placement: a coordinator that is started meanwhile asks everybody whether they live. */
  #stopTaking(): void {
    this.#taking.abort();
    this.#reclaim.close();
    this.#quotaChanged.abort();
  }

  #place(session: Session, placement: Placement | null): void {
    const quota = placement?.quotas.find((one) => one.epoch === session.epoch) ?? null;
    const challenge = placement?.challenge ?? this.#answers;
    if (challenge !== this.#answers) session.renewSoon();
    this.#answers = challenge;
    if (this.#state !== "open") return;
    if (quota?.run !== this.#quota?.run && this.#refused !== ACCEPTED) {
      this.#refused = ACCEPTED;
      session.renewSoon();
    }
    const same = quota?.run === this.#quota?.run && quota?.slices === this.#quota?.slices;
    this.#quota = quota;
    if (quota !== null && quota.run !== this.#execution?.run) this.#execution?.dismiss();
    if (same) return;
    this.#quotaChanged.abort();
    this.#quotaChanged = new AbortController();
  }

  /** The run it may take another slice of; null for none. */
  #wanted(): string | null {
    if (this.#quota === null || this.#state !== "open") return null;
    const { run, slices } = this.#quota;
    const execution = this.#execution;
    if (execution === null) return slices > 0 ? run : null;
    const more =
      execution.run === run && execution.slices.length < Math.min(slices, this.#mostSlices);
    return more && execution.hasRoom(this.#options.info.capacity) ? run : null;
  }

  /** The state may have become "over" during any wait. */
  #isOver(): boolean {
    return this.#state === "over";
  }

  /** What it says of itself with each renewal. */
  status(): WorkerStatus {
    const { offsetUs, errorUs } = this.#options.clockOffset();
    const run = this.#execution?.status() ?? { ...IDLE, ...this.#refused };
    const leaving = this.#state === "leaving" || this.#state === "draining";
    const { claimedIn } = this.#reclaim;
    const { count: refused, last: refusal } = this.#options.bus.refusals;
    return {
      ...run,
      ...{ leaving, claimedIn, clockOffsetUs: offsetUs, clockErrorUs: errorUs },
      ...{ answers: this.#answers, refused, refusal },
    };
  }

  async #handle(session: Session, ticket: Ticket): Promise<"settled" | "left"> {
    if (this.#execution === null) {
      const begun = await this.#begin(session, ticket.run);
      if (begun !== "begun") return begun;
    }
    const execution = this.#execution;
    // One run at a time; and the run may have ended, or the shards become enough, since the ticket was asked for.
    if (execution?.run !== ticket.run) return "left";
    if (!execution.hasRoom(this.#options.info.capacity)) return "left";
    if (execution.slices.length >= this.#mostSlices) return "left";
    const { bus, timers, timings } = this.#options;
    const rows = await rowsFor(bus, execution.plan, ticket.slice.shard);
    if (rows === "missing") return "left";
    const { epoch } = session;
    const isOver = () => this.#isOver();
    const forgotten = () => this.#reclaim.forgotten;
    const claimed = await claimTicket({ bus, epoch, timers, timings, forgotten, isOver }, ticket);
    if (claimed === "taken") return "settled";
    // A claim that came too late for its execution goes with the session, or with the run.
    if (this.#execution !== execution) return "settled";
    const { slices } = execution;
    const isLast = slices.length + 1 >= Math.min(this.#quota?.slices ?? 0, this.#mostSlices);
    execution.add({ ...ticket.slice, ...claimed, rows }, isLast);
    return "settled";
  }

  /** Prepares this worker for the run. "settled": the run needs nobody any more. */
  async #begin(session: Session, run: string): Promise<"begun" | "settled" | "left"> {
    const { bus, info, limits } = this.#options;
    // Before the plan: a life that is over by then is not taken for the plan's.
    const generation = await bus.generation();
    const [plan, document] = await Promise.all([readPlan(bus, run), readRun(bus, run)]);
    if (plan === null || document === null || isRunOver(document)) return "settled";
    if (this.#state !== "open") return "left";
    const problem = refusalOf(plan, { info, limits, slices: this.#quota?.slices ?? 0 });
    if (problem === "") {
      this.#refused = ACCEPTED;
      this.#mostSlices = mostSlices(plan, limits);
      this.#execute(session, plan, generation);
      return "begun";
    }
    // Before the start it is the run's end; one that goes on does so without this worker.
    const isFailure = problem.startsWith("ONRUSH_") && isBeforeStart(document.state);
    this.#refused = { state: isFailure ? "failed" : "idle", problem };
    this.#options.log.warn(problem);
    session.renewSoon();
    return "left";
  }

  #execute(session: Session, plan: PlanDocument, generation: string): void {
    const { info, clockOffset } = this.#options;
    const execution = new RunExecution({
      ...this.#options,
      plan,
      generation,
      epoch: session.epoch,
      engines: info.engines,
      deadlineUs: session.deadlineUs,
      clockOffsetUs: () => clockOffset().offsetUs,
      onChanged: () => session.renewSoon(),
      onOver: () => {
        if (this.#execution !== execution) return;
        this.#execution = null;
        session.renewSoon();
        void execution.close();
      },
    });
    this.#execution = execution;
  }
}
