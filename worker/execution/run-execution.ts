/**
 * One run on this worker: its engines, its frames, and what its document says. Called by worker-session.ts.
 *
 *   preparing --engines prepared, slices held--> ready --start--> running --end asked---> draining
 *   preparing --start (late joiner)------------------------------> running
 *   preparing | ready --end asked----------------------------------------------------> draining
 *   any of these --all engines ended, all frames handed over--> finished
 *   any of these --engine dead, silent past its time, backlog over its bound--> failed
 *
 * finished and failed stay until the run's document is final or gone. Invariant: trouble ends in "failed"
 * with a problem text, never in silence; the start is mapped to this host's clock once.
 */
import { assert } from "../../shared/assert.ts";
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { readRun } from "../../shared/bus/read-document.ts";
import { connectionsOf, type ShardSizes } from "../../shared/load/split.ts";
import { type Log, oneLine } from "../../shared/log.ts";
import { mostHeldUs } from "../../shared/scenario/strict-beside.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { RunDocument } from "../../shared/wire/command.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import type { SliceWithRows } from "../../shared/wire/row-part.ts";
import type { RunStatus } from "../../shared/wire/worker-info.ts";
import { Publisher } from "../record/publisher.ts";
import { Deadline } from "./deadline.ts";
import { watchDocument } from "./document-watch.ts";
import { EngineHost } from "./engine-host.ts";
import type { StartEngine } from "./engine-thread.ts";
import { HandOvers } from "./hand-overs.ts";
import type { Orders } from "./orders.ts";
import { isRunOver, sizesOf } from "./run-needs.ts";
import { RUN_MOVES, type RunOnWorker } from "./run-states.ts";
import type { ControlTimings } from "./timings.ts";

export interface RunExecutionOptions {
  readonly bus: WorkerBus;
  readonly plan: PlanDocument;
  readonly epoch: number;
  /** The bus' life the plan was read in. */
  readonly generation: string;
  readonly engines: number;
  readonly startEngine: StartEngine;
  readonly orders?: Orders | undefined;
  /** The lease so far, monotonic. */
  readonly deadlineUs: number;
  /** Bus clock minus monotonic clock, now. */
  readonly clockOffsetUs: () => number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly timings: ControlTimings;
  readonly log: Log;
  /** The status has changed in a way the coordinator waits for. */
  readonly onChanged: () => void;
  /** The run needs this execution no more. */
  readonly onOver: () => void;
}

const MAX_PROBLEM = 1000;

export class RunExecution {
  readonly run: string;
  readonly plan: PlanDocument;
  /** Connections one shard holds at the run's peak, at most (but for the chance in random stays). */
  readonly sizes: ShardSizes;
  readonly #options: RunExecutionOptions;
  readonly #host: EngineHost;
  readonly #publisher: Publisher;
  readonly #handOvers: HandOvers;
  readonly #stopWatching: () => void;
  #state: RunOnWorker = "preparing";
  #problem = "";
  #started = false;
  #end: "stop" | "abort" | null = null;
  #runIsOver = false;
  /** Engines that still run then are killed. */
  readonly #endDeadline: Deadline;
  #ended: (() => void)[] = [];

  /** @throws OnrushError ONRUSH_SCENARIO_INVALID when the plan's load cannot be laid out. */
  constructor(options: RunExecutionOptions) {
    const { bus, plan, epoch, engines, timers, timings, onChanged } = options;
    this.run = plan.run;
    this.plan = plan;
    this.sizes = sizesOf(plan);
    this.#options = options;
    this.#endDeadline = new Deadline(options, () => this.#killTheRest());
    this.#publisher = new Publisher({
      ...{ bus, run: plan.run, epoch, engines, timers },
      onHandedOver: () => this.#settle(),
      onProblem: (problem) => this.#fail(problem),
    });
    this.#host = new EngineHost({
      startEngine: options.startEngine,
      ...{ engines, plan, epoch },
      timers,
      onFrame: (frame) => this.#publisher.offer(frame),
      onDeath: (engine, problem) => this.#engineDied(engine, problem),
      onProgress: () => {
        options.onChanged();
        this.#settle();
      },
      onHandedOver: (done, scope) => void this.#handOvers.finished(done, scope),
    });
    this.lease(options.deadlineUs);
    const { run } = plan;
    const { pauseMs, documentPollMs: pollMs } = timings;
    this.#handOvers = new HandOvers({
      ...{ bus, run, epoch, host: this.#host, timers, pauseMs, onChanged, log: options.log },
    });
    this.#stopWatching = watchDocument({
      ...{ bus, read: () => readRun(bus, run), topic: "run-changed", run, timers, pollMs },
      onDocument: (document) => this.#apply(document),
    });
  }

  get patient(): boolean {
    return this.#options.plan.onBusLoss === "continue";
  }

  /** The start is known here. */
  get started(): boolean {
    return this.#started;
  }

  get slices(): readonly number[] {
    return this.#host.slices;
  }

  /** Whether another slice may be claimed for it. */
  hasRoom(capacity: number): boolean {
    const isOpen = ["preparing", "ready", "running"].includes(this.#state);
    if (!isOpen || this.#host.someEnded) return false;
    return connectionsOf(this.sizes, this.#host.slicesHeld + 1) <= capacity;
  }

  /** Takes on a slice that was claimed. @param isLast none is to follow for now */
  add(slice: SliceWithRows, isLast = false): void {
    if (!this.#host.assign(slice)) {
      this.#fail(`slice ${slice.id} came after the engines had ended`);
    } else if (isLast) this.#host.sendAssigned();
    else this.#options.onChanged();
    this.#settle();
  }

  /** @param deadlineUs the lease holds until then, monotonic */
  lease(deadlineUs: number): void {
    this.#host.lease(this.patient ? Number.POSITIVE_INFINITY : deadlineUs);
  }

  status(): RunStatus {
    const { slicesHeld, slicesReady, connectionsOpen, startSkewUs } = this.#host;
    return {
      ...{ slicesHeld, slicesReady, connectionsOpen, startSkewUs },
      state: this.#state,
      problem: this.#problem,
      lastSeq: this.#host.allEnded ? this.#publisher.lastSeq : -1,
      handedOver: this.#handOvers.done,
      ...this.#options.orders?.obeyedIn(this.run),
    };
  }

  /**
   * Leaves in good order: ends the load, waits for the final frames and until the coordinator has them.
   * @returns how many frames it does not have for certain
   */
  async drain(): Promise<{ readonly missing: number }> {
    this.#requestEnd("stop");
    await this.#whenEnded();
    return this.#publisher.flush(this.#options.timings.flushMs);
  }

  /** The lease is lost: engines cut everything; what they still report may or may not be accepted. */
  async fence(reason: string): Promise<void> {
    this.#host.lease(0);
    // A lease in the past ends them as nothing else may: so it is distinguished from a stop in the results.
    this.#end = "abort";
    this.#fail(`lease lost: ${reason}`);
    this.#endDeadline.within(this.#options.timings.abortGraceMs);
    await this.#whenEnded();
    await this.#publisher.flush(this.#options.timings.lateFlushMs);
  }

  /** Ends threads, timers and watches. */
  async close(): Promise<void> {
    this.#endDeadline.cancel();
    this.#stopWatching();
    this.#handOvers.close();
    this.#options.orders?.over(this.run);
    this.#publisher.close();
    await this.#host.terminate();
  }

  /** The coordinator wants this worker for something else. */
  dismiss(): void {
    if (this.#host.allEnded) this.#over();
  }

  #apply(document: RunDocument | null): void {
    if (document === null) {
      // While the run goes on, the bus has lost it and it will be made again.
      if (this.#host.allEnded) void this.#heedRemoval();
      return;
    }
    if (isRunOver(document)) {
      this.#over();
      return;
    }
    if (document.end !== null) this.#requestEnd(document.end.mode);
    if (document.steering.length + document.faults.length > 0) this.#host.steer(document);
    if (document.startAtUs !== null) this.#start(document.startAtUs);
    this.#handOvers.follow(document);
    this.#options.orders?.follow(document, this.#options);
  }

  /** A document that was removed means the end; one that was forgotten does not: under this epoch the run has ended once. */
  async #heedRemoval(): Promise<void> {
    const { bus, generation } = this.#options;
    const now = await bus.generation().catch(() => null);
    if (now === generation) this.#over();
  }

  #over(): void {
    this.#runIsOver = true;
    this.#requestEnd("abort");
    this.#settle();
  }

  #start(startAtUs: number): void {
    if (this.#started) return;
    this.#started = true;
    const { clock, plan, timings, clockOffsetUs } = this.#options;
    const startUs = startAtUs - clockOffsetUs();
    this.#host.start(startUs);
    if (this.#state !== "preparing" && this.#state !== "ready") return;
    this.#move("running");
    const longestUs = plan.durationUs + mostHeldUs(plan.scenario) + plan.drainUs;
    const leftUs = startUs + longestUs - clock.monotonicUs();
    this.#endDeadline.within(Math.max(0, leftUs / 1000) + timings.endGraceMs);
  }

  /** The stronger command counts. */
  #requestEnd(mode: "stop" | "abort"): void {
    if (this.#end === mode || this.#end === "abort" || this.#host.allEnded) return;
    this.#end = mode;
    const { plan, timings } = this.#options;
    this.#host.end(mode);
    if (this.#state !== "draining" && this.#state !== "failed") this.#move("draining");
    const stopMs = plan.drainUs / 1000 + timings.endGraceMs;
    this.#endDeadline.within(mode === "stop" ? stopMs : timings.abortGraceMs);
  }

  #engineDied(engine: number, problem: string): void {
    this.#publisher.engineDied(engine);
    this.#fail(`engine ${engine} ${problem}`);
    this.#settle();
  }

  /** The first problem counts. The other engines are cut: the run on this worker is not what was planned. */
  #fail(problem: string): void {
    if (this.#state === "failed" || this.#state === "finished") return;
    this.#problem = oneLine(problem, MAX_PROBLEM);
    // As an error it is said by the coordinator, which has it from our status.
    this.#options.log.info(`run ${this.run} fails here: ${this.#problem}`);
    this.#move("failed");
    this.#requestEnd("abort");
  }

  /** Sees what follows from the engines' and the publisher's progress. */
  #settle(): void {
    const { allPrepared, slicesHeld, slicesReady } = this.#host;
    const ready = allPrepared && slicesHeld > 0 && slicesReady === slicesHeld;
    if (this.#state === "preparing" && ready) this.#move("ready");
    if (!this.#host.allEnded) return;
    this.#endDeadline.cancel();
    this.#options.onChanged();
    if (this.#publisher.lastSeq >= 0 && this.#state !== "failed" && this.#state !== "finished") {
      this.#move("finished");
    }
    for (const resolve of this.#ended.splice(0)) resolve();
    if (this.#runIsOver) this.#options.onOver();
  }

  #whenEnded(): Promise<void> {
    if (this.#host.allEnded) return Promise.resolve();
    return new Promise((resolve) => this.#ended.push(resolve));
  }

  #killTheRest(): void {
    for (const engine of this.#host.running) {
      this.#host.kill(engine, "did not end in time and was killed");
    }
  }

  #move(to: RunOnWorker): void {
    assert(RUN_MOVES[this.#state].includes(to), `run execution: ${this.#state} -> ${to}`);
    this.#state = to;
    this.#options.onChanged();
  }
}
