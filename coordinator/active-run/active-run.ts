/**
 * A run that is under way: its plan, log, state, its workers and the commands it was given. Made by run.ts, used by everything
 * that moves a run on. Invariant: what is on the bus is in the journal, on disk, before; and it follows from the journal,
 * so that a coordinator that starts again says the same.
 */

import { type CoordinatorBus, documentKey } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { Steering } from "../../shared/load/steering.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import { sleep, systemTimers, type Timers } from "../../shared/time/timer.ts";
import { isBeforeStart, type RunDocument, type RunState } from "../../shared/wire/command.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import { DocumentWriter } from "../fleet/document-writer.ts";
import type { Assignment } from "../fleet/fleet.ts";
import { type Plan, steeredPlan } from "../plan/plan.ts";
import { sentPlan } from "../plan/sent-rows.ts";
import type { EndBy } from "../store/event.ts";
import type { StoredRun } from "../store/run-store.ts";
import { RefusedNotes } from "./refused-notes.ts";
import { type RunRequest, WITHOUT_SECRETS } from "./request.ts";
import { RowDocuments } from "./row-documents.ts";
import type { RunLog } from "./run-log.ts";
import { transition } from "./state.ts";

const SECOND_US = 1_000_000;
/** A worker that misses the hint reads the document two seconds later; in one host no hint is missed. */
const LEAD_US = { ipc: 1 * SECOND_US, redis: 3 * SECOND_US, nats: 3 * SECOND_US };

type EndMode = "stop" | "abort";

export class ActiveRun {
  readonly request: RunRequest;
  readonly log: RunLog;
  readonly stored: StoredRun;
  readonly timers: Timers;
  readonly assignment: Assignment;
  /** What kept the run from being done, as it was thrown. */
  problem: OnrushError | null = null;
  /** As it was before the start, and as it is by now. */
  readonly #planned: Plan;
  #plan: { readonly plan: Plan; readonly steering: readonly Steering[] };
  readonly #document: DocumentWriter<RunDocument>;
  readonly #planDocument: DocumentWriter<PlanDocument>;
  readonly #rows: RowDocuments;
  readonly #onCommand = () => this.#wake.abort();
  readonly #unwatch: () => void;
  readonly #refused: RefusedNotes;
  /** Rewrites of the fleet that were followed. */
  #rewrites: number;
  #wake = new AbortController();

  constructor(parts: {
    readonly request: RunRequest;
    readonly plan: Plan;
    readonly log: RunLog;
    readonly stored: StoredRun;
  }) {
    const { request, plan } = parts;
    const { bus, runId, fleet, control, workersExpected } = request;
    this.request = request;
    this.#planned = plan;
    this.#plan = { plan, steering: [] };
    this.log = parts.log;
    this.stored = parts.stored;
    this.timers = request.timers ?? systemTimers;
    this.#document = new DocumentWriter(bus, documentKey.run(runId));
    this.#planDocument = new DocumentWriter(bus, documentKey.plan(runId));
    this.#rows = new RowDocuments(bus);
    this.assignment = fleet.enter({
      run: runId,
      workers: workersExpected,
      sizes: plan.sizes,
      most: control.workers?.most ?? null,
    });
    this.#rewrites = fleet.rewrites.count;
    this.#refused = new RefusedNotes({
      run: runId,
      refusals: bus.refusals,
      workers: () => this.assignment.workers(),
      note: (message) => this.note(message),
    });
    control.stop.addEventListener("abort", this.#onCommand);
    control.abort.addEventListener("abort", this.#onCommand);
    this.#unwatch = fleet.onLooked(this.#onCommand);
  }

  /** The plan by now: searches change it while the run goes on. */
  get plan(): Plan {
    const { steering } = this.log.fold.searches;
    if (steering.length > 0 && steering !== this.#plan.steering) {
      this.#plan = { plan: steeredPlan(this.#planned, steering), steering };
    }
    return this.#plan.plan;
  }

  get bus(): CoordinatorBus {
    return this.request.bus;
  }

  get id(): string {
    return this.request.runId;
  }

  get state(): RunState {
    return this.log.fold.state;
  }

  /** How the run is ended before its plan is over; null while nobody wants that. */
  get ending(): EndMode | null {
    return this.log.fold.end?.mode ?? null;
  }

  /** Run time goes on, and is not to end before its plan: what is not held is to be held. */
  get isOn(): boolean {
    const { elapsedUs } = this.log;
    const over = elapsedUs !== null && elapsedUs >= this.plan.document.durationUs;
    return this.state !== "draining" && this.ending === null && !over;
  }

  /** Moves on in the journal and, with other changes, on the bus. */
  async move(to: RunState): Promise<void> {
    const from = this.state;
    this.log.event({ type: "state", from, to: transition(from, to) });
    await this.publish();
  }

  /** Has the plan on the bus from the next publish() on. */
  offerPlan(): void {
    if (this.request.redacted === true) return;
    this.#rows.offer(this.#planned.document);
    this.#planDocument.set(sentPlan(this.#planned.document));
  }

  /** The bus has forgotten everything: the next publish() says it all again. */
  forgotten(): void {
    this.#document.forgotten();
    this.#planDocument.forgotten();
    this.#rows.forgotten();
  }

  /** Brings the run's documents on the bus up to date with the journal. @throws what the bus throws */
  async publish(): Promise<void> {
    const { fold } = this.log;
    this.#heedRewrites();
    this.#callOffLost();
    const document: RunDocument = {
      run: this.id,
      state: fold.state,
      // A start that was not moved on from before a crash is none: another one follows.
      startAtUs: isBeforeStart(fold.state) ? null : fold.startAtUs,
      end: fold.end && { mode: fold.end.mode, reason: fold.end.reason },
      handOvers: [...fold.slices.handOvers.values()],
      cuts: fold.slices.cuts,
      steering: fold.searches.steering,
      faults: fold.faults.forWorkers(this.givenFaults),
      ...(fold.outside.orders.length > 0 && { orders: fold.outside.orders }),
    };
    if (!this.#document.holds(document)) {
      await this.log.sync();
      this.#document.set(document);
    }
    // Before the plan, and so before its tickets: who takes one finds its rows.
    await this.#rows.flush();
    const planned = await this.#planDocument.flush();
    if ((await this.#document.flush()) || planned) await this.bus.hint("run-changed", this.id);
  }

  /** Of the scenario, with what the journal lacks; none: this coordinator has the scenario from there. */
  get givenFaults(): readonly StrictFault[] {
    return this.request.redacted === true ? [] : this.#planned.document.scenario.faults;
  }

  /** It takes faults: its load goes on, or is to come. */
  get takesFaults(): boolean {
    return this.isOn && (this.state === "running" || isBeforeStart(this.state));
  }

  /** Faults whose secrets nobody knows any more are over, for workers would do them with what the journal has in their place. */
  #callOffLost(): void {
    const { fold, elapsedUs } = this.log;
    const atUs = Math.max(0, Math.round(elapsedUs ?? 0));
    // Without a time yet, only before the start.
    if (!this.takesFaults || (elapsedUs === null && !isBeforeStart(this.state))) return;
    for (const name of fold.faults.lost(this.givenFaults, fold.facts, atUs)) {
      this.log.event({ type: "fault-end-asked", name, atUs });
      this.note(`Fault ${name}: not done: ${WITHOUT_SECRETS}.`);
    }
  }

  /** Workers have refused what they found: somebody may have written over our documents. */
  #heedRewrites(): void {
    const { count: rewrites } = this.request.fleet.rewrites;
    if (rewrites !== this.#rewrites) this.forgotten();
    this.#rewrites = rewrites;
    this.#refused.say();
  }

  /** Run time by which all workers know what is decided now; null: run time has not begun. */
  get knownByUs(): number | null {
    const { elapsedUs } = this.log;
    return elapsedUs === null ? null : elapsedUs + LEAD_US[this.bus.kind];
  }

  /** Reads the commands; the first of each kind counts. */
  async applyCommands(): Promise<void> {
    const { stop, abort } = this.request.control;
    if (stop.aborted && this.ending === null) await this.requestEnd("stop", ...commandOf(stop));
    if (abort.aborted && this.ending !== "abort")
      await this.requestEnd("abort", ...commandOf(abort));
  }

  /** Ends the run before its plan does. The stronger mode counts. */
  async requestEnd(mode: EndMode, by: EndBy, reason: string): Promise<void> {
    if (this.ending === mode || this.ending === "abort") return;
    this.log.event({ type: "end-requested", mode, by, reason });
    await this.publish();
  }

  /** The run cannot be done or finished. Tells the workers to cut, if the bus still carries it. */
  async fail(problem: OnrushError): Promise<void> {
    this.problem ??= problem;
    const { code, message, remedy } = problem;
    this.log.event({ type: "problem", code, message, remedy });
    await this.requestEnd("abort", "failure", message).catch(ignoreOperating);
  }

  note(message: string): void {
    this.log.event({ type: "note", message });
  }

  /** Has the run look again soon: what it is to do has changed. */
  wake(): void {
    this.#wake.abort();
  }

  /** Waits, at most until the end is asked for or the fleet has looked at the workers. */
  async pause(delayMs: number): Promise<void> {
    await sleep(this.timers, delayMs, this.#wake.signal);
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
  }

  /** Microseconds on this host's monotonic clock. */
  nowUs(): number {
    return this.request.clock.monotonicUs();
  }

  async writeRunFile(): Promise<void> {
    const { facts, startWallMs, complete } = this.log.fold;
    await this.stored.writeRunFile({
      schema: 1,
      id: facts.run,
      name: facts.scenario.name,
      state: this.state,
      createdAt: iso(facts.createdWallMs),
      startedAt: startWallMs === null ? null : iso(startWallMs),
      endedAt: complete ? iso(this.request.clock.wallMs()) : null,
      planHash: facts.planHash,
      workers: this.request.workersExpected,
      connections: facts.connections,
      shards: facts.shards,
      durationSeconds: facts.durationUs / 1_000_000,
      versions: facts.versions,
    });
  }

  /** Gives everything back. Idempotent. */
  async close(): Promise<void> {
    const { stop, abort } = this.request.control;
    this.#unwatch();
    stop.removeEventListener("abort", this.#onCommand);
    abort.removeEventListener("abort", this.#onCommand);
    await this.assignment.release().catch(ignoreOperating);
    await this.log.close().catch(ignoreOperating);
    await this.stored.release();
  }
}

/** For calls that may fail because of what has been reported already. Bugs still come through. */
export function ignoreOperating(error: unknown): void {
  if (!(error instanceof OnrushError)) throw error;
}

function commandOf(signal: AbortSignal): [by: EndBy, reason: string] {
  return signal.reason === "stopped" ? ["api", "stopped"] : ["interrupt", "interrupted"];
}

function iso(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
