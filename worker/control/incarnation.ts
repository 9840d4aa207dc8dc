/**
 * One incarnation of a worker: a session at the bus, and the runs it serves one after another under that
 * session's epoch. Called by control.ts, which starts the next incarnation if there is to be one.
 * Invariant: nothing outlives the lease: when it is lost, the engines are cut before anything else happens.
 */
import { randomUUID } from "node:crypto";
import { documentKey, type WorkerBus } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import { type Log, oneLine } from "../../shared/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { RunDocument } from "../../shared/wire/command.ts";
import { type PlanDocument, WIRE_VERSION } from "../../shared/wire/plan.ts";
import type { Ticket } from "../../shared/wire/ticket.ts";
import type { WorkerInfo, WorkerStatus } from "../../shared/wire/worker-info.ts";
import type { ClockOffset } from "./clock-offset.ts";
import { connectionsPerShard, isRunOver, RunExecution } from "./run-execution.ts";
import { openSession, type Session } from "./session.ts";
import { takeTickets } from "./tickets.ts";
import type { ControlTimings } from "./timings.ts";

export interface IncarnationOptions {
  readonly bus: WorkerBus;
  readonly info: WorkerInfo;
  readonly engineEntry: URL;
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

const IDLE = {
  shardsHeld: 0,
  shardsReady: 0,
  connectionsOpen: 0,
  state: "idle",
  lastSeq: -1,
} as const;

/** @throws OnrushError when no session can be opened. */
export async function startIncarnation(options: IncarnationOptions): Promise<Incarnation> {
  const incarnation = new Incarnation(options);
  await incarnation.open();
  return incarnation;
}

export class Incarnation {
  /** Resolves when its last work is over. */
  readonly ended: Promise<Ending>;
  readonly #options: IncarnationOptions;
  readonly #taking = new AbortController();
  #state: "open" | "draining" | "over" = "open";
  #session: Session | null = null;
  #execution: RunExecution | null = null;
  /** Why the last ticket was left to others. */
  #refusal = "";
  #end: (ending: Ending) => void = () => {};

  constructor(options: IncarnationOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async open(): Promise<void> {
    const { bus, info, timings, clock, timers, log } = this.#options;
    const session = await openSession({
      bus,
      info,
      nonce: randomUUID(),
      status: () => this.#status(),
      onRenewed: (deadlineUs) => this.#execution?.lease(deadlineUs),
      onLost: (reason) => void this.#lose(reason),
      timings,
      clock,
      timers,
    });
    this.#session = session;
    const hasRoom = () => this.#execution?.hasRoom(info.capacity) ?? true;
    const handle = (ticket: Ticket) => this.#handle(session, ticket);
    // It ends by itself only when the bus is closed; the session would not notice before its next renewal.
    void takeTickets({ bus, timers, timings, log, hasRoom, handle }, this.#taking.signal).then(
      () => {
        if (!this.#taking.signal.aborted) void this.#lose("the connection to the bus is closed");
      },
    );
  }

  /** Leaves in good order: ends its load, delivers its frames, closes its session. */
  async drain(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "draining";
    this.#taking.abort();
    const missing = (await this.#execution?.drain())?.missing ?? 0;
    if (missing > 0) this.#options.log.error(`left with ${missing} frames undelivered`);
    if (this.#isOver()) return;
    this.#state = "over";
    await this.#session?.close();
    await this.#execution?.close();
    this.#end({ kind: "drained" });
  }

  async #lose(reason: string): Promise<void> {
    if (this.#isOver()) return;
    this.#state = "over";
    this.#taking.abort();
    const fenced = this.#execution?.fence(reason);
    await this.#session?.close();
    await fenced;
    await this.#execution?.close();
    this.#end({ kind: "lost", reason });
  }

  /** The state may have become "over" during any wait. */
  #isOver(): boolean {
    return this.#state === "over";
  }

  #status(): WorkerStatus {
    const { offsetUs, errorUs } = this.#options.clockOffset();
    const run = this.#execution?.status() ?? { ...IDLE, problem: this.#refusal };
    return { ...run, clockOffsetUs: offsetUs, clockErrorUs: errorUs };
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
    const claim = await this.#options.bus.claimShard(ticket.run, ticket.shard, session.epoch);
    // A claim that came too late for its execution goes with the session, or with the run.
    if (claim === "held" && this.#execution === execution) execution.add(ticket.shard);
    return "settled";
  }

  /** Prepares this worker for the run. "settled": the run needs nobody any more. */
  async #begin(session: Session, run: string): Promise<"begun" | "settled" | "left"> {
    const { bus, info } = this.#options;
    const [planRead, runRead] = await Promise.all([
      bus.getDocument(documentKey.plan(run)),
      bus.getDocument(documentKey.run(run)),
    ]);
    if (planRead === null || isRunOver((runRead?.value ?? null) as RunDocument | null)) {
      return "settled";
    }
    if (this.#state !== "open") return "left";
    const plan = planRead.value as PlanDocument;
    this.#refusal = refusalOf(plan, info);
    if (this.#refusal === "") this.#execute(session, plan);
    if (this.#refusal === "") return "begun";
    this.#options.log.warn(this.#refusal);
    session.renewSoon();
    return "left";
  }

  #execute(session: Session, plan: PlanDocument): void {
    const { info, clockOffset } = this.#options;
    const execution = new RunExecution({
      ...this.#options,
      plan,
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

/** Why this worker cannot work on the plan; "" when it can. */
function refusalOf(plan: PlanDocument, info: WorkerInfo): string {
  if (plan.version !== WIRE_VERSION) {
    return `run ${oneLine(String(plan.run), 80)} has a plan of version ${oneLine(String(plan.version), 20)}, this worker speaks ${WIRE_VERSION}`;
  }
  try {
    const connections = connectionsPerShard(plan);
    return connections <= info.capacity
      ? ""
      : `a shard of run ${plan.run} holds ${connections} connections, this worker ${info.capacity}`;
  } catch (error) {
    if (!(error instanceof OnrushError)) throw error;
    return `the plan of run ${plan.run} cannot be used: ${oneLine(error.message, 300)}`;
  }
}
