/**
 * The engine threads of one run: starts them, deals the slices evenly, relays commands and reports. Called
 * by run-execution.ts; speaks engine/port.ts.
 *
 *   preparing --"prepared"--> prepared --final frame--> finished
 *       \---------"failed" | error | exit---------------> dead
 *
 * Invariant: before "prepared" an engine gets nothing but "prepare": what is wanted of it is kept as state
 * and sent then. An engine that ends in any other way than by its final frame is reported dead, once.
 */
import { assert } from "../../shared/assert.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { Decided, HandOver } from "../../shared/wire/command.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import type { SliceWithRows } from "../../shared/wire/row-part.ts";
import type { HandedOver } from "../../shared/wire/worker-info.ts";
import type { EngineCommand, EngineReport } from "../engine/port.ts";
import type { MeasuredFrame } from "../record/fresh-frames.ts";
import { Batch } from "./batch.ts";
import { type Engine, isLive } from "./engine-record.ts";
import type { StartEngine } from "./engine-thread.ts";

export interface EngineHostOptions {
  readonly startEngine: StartEngine;
  readonly engines: number;
  readonly plan: PlanDocument;
  readonly epoch: number;
  readonly timers: Timers;
  readonly onFrame: (frame: MeasuredFrame) => void;
  /** The engine is of no more use. */
  readonly onDeath: (engine: number, problem: string) => void;
  /** An engine was prepared, was given its slices, has begun, or has finished. */
  readonly onProgress: () => void;
  /** An engine has done a hand-over. Of scope "all": it holds nothing of the slice any more. */
  readonly onHandedOver: (done: HandedOver, scope: HandOver["scope"]) => void;
}

/**
 * Slices go to an engine in batches, because each makes it lay out its whole agenda again: when none was
 * added for a while, and at the latest after a second.
 */
const BATCH_QUIET_MS = 100;
const BATCH_MAX_MS = 1000;

export class EngineHost {
  readonly #options: EngineHostOptions;
  readonly #engines: readonly Engine[];
  readonly #batch: Batch;
  #leaseUs: number | null = null;
  #startUs: number | null = null;
  #end: "stop" | "abort" | null = null;
  #decided: Decided | null = null;
  #terminated = false;
  #startSkewUs: number | null = null;

  constructor(options: EngineHostOptions) {
    this.#options = options;
    this.#batch = new Batch({
      ...{ timers: options.timers, quietMs: BATCH_QUIET_MS, maxMs: BATCH_MAX_MS },
      send: () => this.#sendSlices(),
    });
    this.#engines = Array.from({ length: options.engines }, (_, index) => this.#startEngine(index));
  }

  get slicesHeld(): number {
    return this.#sum((engine) => engine.slices.size);
  }

  /** Slices whose engine is prepared and knows of them. */
  get slicesReady(): number {
    return this.#sum(({ state, slices, unsent }) =>
      state === "prepared" ? slices.size - unsent : 0,
    );
  }

  get slices(): readonly number[] {
    return this.#engines.flatMap(({ slices }) => [...slices.keys()]);
  }

  /** How late run time began at the slowest engine, microseconds; null until all have begun on time or joined late. */
  get startSkewUs(): number | null {
    return this.#startSkewUs;
  }

  get connectionsOpen(): number {
    return this.#sum((engine) => (engine.state === "prepared" ? engine.open : 0));
  }

  get allPrepared(): boolean {
    return this.#engines.every(({ state }) => state === "prepared");
  }

  /** Nothing will come from any engine any more. */
  get allEnded(): boolean {
    return !this.#engines.some(isLive);
  }

  /** An engine has ended already: this run takes no more slices here. */
  get someEnded(): boolean {
    return !this.#engines.every(isLive);
  }

  /** Engines that have not reported their final frame. */
  get running(): readonly number[] {
    return this.#engines.filter(isLive).map(({ index }) => index);
  }

  slicesOf(engine: number): readonly number[] {
    return [...this.#engine(engine).slices.keys()];
  }

  /**
   * Gives the slice to the engine that has the fewest. One that is held already stays where it is.
   * @returns false when no engine can take it, because all have ended
   */
  assign(slice: SliceWithRows): boolean {
    if (this.#engines.some(({ slices }) => slices.has(slice.id))) return true;
    const [engine] = this.#engines
      .filter(isLive)
      .sort((one, other) => one.slices.size - other.slices.size);
    if (engine === undefined) return false;
    engine.slices.set(slice.id, slice);
    engine.unsent += 1;
    this.#batch.touch();
    return true;
  }

  /** No more slices are to come for now: what waits for its batch goes out. */
  sendAssigned(): void {
    this.#sendSlices();
  }

  /** Sessions of the slice that are planned to open at toUs or later are another's. */
  cut(slice: number, toUs: number): void {
    const engine = this.#holder(slice);
    const held = engine?.slices.get(slice);
    if (!engine || !held || (held.toUs !== null && held.toUs <= toUs)) return;
    engine.slices.set(slice, { ...held, toUs });
    this.#sendSlicesTo(engine);
    this.#send(engine, { type: "cut", slice, toUs });
  }

  /** Has the slice's engine hand over; nothing happens when none holds it, or was asked already. */
  handOver({ id, slice, scope, withinUs }: HandOver): void {
    const engine = this.#holder(slice);
    if (!engine || engine.asked.has(id) || engine.state !== "prepared") return;
    engine.asked.set(id, scope);
    this.#sendSlicesTo(engine);
    this.#send(engine, { type: "handOver", id, slice, scope, withinUs });
  }

  /** @param deadlineUs monotonic; one in the past makes the engines fence themselves at once */
  lease(deadlineUs: number): void {
    this.#leaseUs = deadlineUs;
    this.#sendAll({ type: "lease", deadlineUs });
  }

  /** @param startUs run time 0, monotonic */
  start(startUs: number): void {
    this.#startUs = startUs;
    // The start first: slices that come after it are taken on in phase.
    this.#sendAll({ type: "start", startUs });
    this.#sendSlices();
  }

  /** What was decided of the plan since the start. */
  steer({ steering, faults }: Decided): void {
    const decided = { steering, faults };
    if (JSON.stringify(decided) === JSON.stringify(this.#decided)) return;
    this.#decided = decided;
    this.#sendAll({ type: "steer", decided });
  }

  end(mode: "stop" | "abort"): void {
    this.#end = mode;
    this.#sendAll({ type: "end", mode });
  }

  /** Ends one engine that does not end by itself. */
  kill(engine: number, problem: string): void {
    const found = this.#engine(engine);
    this.#die(found, problem);
    void found.thread.terminate();
  }

  /** Ends all threads without further reports. */
  async terminate(): Promise<void> {
    this.#terminated = true;
    this.#batch.clear();
    await Promise.all(this.#engines.map(({ thread }) => thread.terminate()));
  }

  #startEngine(index: number): Engine {
    const { startEngine, plan, epoch } = this.#options;
    const thread = startEngine(index, {
      onReport: (report) => this.#receive(engine, report),
      onEnd: (problem) => this.#die(engine, problem),
    });
    const engine: Engine = {
      ...{ index, thread, unsent: 0, state: "preparing", open: 0 },
      ...{ slices: new Map(), asked: new Map() },
    };
    thread.post({ type: "prepare", plan, epoch, engine: index });
    return engine;
  }

  #receive(engine: Engine, report: EngineReport): void {
    if (this.#terminated) return;
    switch (report.type) {
      case "prepared":
        this.#prepared(engine);
        return;
      case "failed":
        this.#die(engine, `could not prepare: ${report.code} ${report.message}`);
        return;
      case "frame": {
        const { second, final, body } = report;
        this.#options.onFrame({ engine: engine.index, second, final, body });
        if (final && engine.state === "prepared") {
          engine.state = "finished";
          this.#options.onProgress();
        }
        return;
      }
      case "status":
        engine.open = report.open;
        return;
      case "started":
        this.#startSkewUs = Math.max(this.#startSkewUs ?? 0, report.skewUs);
        this.#options.onProgress();
        return;
      case "handedOver":
        this.#handedOver(engine, report);
    }
  }

  #handedOver(engine: Engine, { id, slice, fromUs }: HandedOver): void {
    const scope = engine.asked.get(id);
    if (scope === undefined) return;
    engine.asked.delete(id);
    const held = engine.slices.get(slice);
    if (scope === "all") engine.slices.delete(slice);
    else if (held) engine.slices.set(slice, { ...held, toUs: fromUs });
    this.#options.onHandedOver({ id, slice, fromUs }, scope);
  }

  #prepared(engine: Engine): void {
    if (engine.state !== "preparing") return;
    engine.state = "prepared";
    if (this.#leaseUs !== null) this.#send(engine, { type: "lease", deadlineUs: this.#leaseUs });
    if (this.#startUs !== null) this.#send(engine, { type: "start", startUs: this.#startUs });
    if (this.#decided !== null) this.#send(engine, { type: "steer", decided: this.#decided });
    this.#sendSlicesTo(engine);
    if (this.#end !== null) this.#send(engine, { type: "end", mode: this.#end });
    this.#options.onProgress();
  }

  #sendSlices(): void {
    this.#batch.clear();
    for (const engine of this.#engines) this.#sendSlicesTo(engine);
    this.#options.onProgress();
  }

  #sendSlicesTo(engine: Engine): void {
    if (engine.state !== "prepared" || engine.unsent === 0) return;
    const slices = [...engine.slices.values()].slice(-engine.unsent);
    engine.unsent = 0;
    this.#send(engine, { type: "slices", slices });
    // The engine has the rows now.
    for (const slice of slices) engine.slices.set(slice.id, { ...slice, rows: null });
  }

  #holder(slice: number): Engine | undefined {
    return this.#engines.find(({ slices }) => slices.has(slice));
  }

  #die(engine: Engine, problem: string): void {
    if (this.#terminated || engine.state === "dead" || engine.state === "finished") return;
    engine.state = "dead";
    this.#options.onDeath(engine.index, problem);
  }

  #send(engine: Engine, command: EngineCommand): void {
    if (engine.state === "prepared") engine.thread.post(command);
  }

  #sendAll(command: EngineCommand): void {
    for (const engine of this.#engines) this.#send(engine, command);
  }

  #engine(index: number): Engine {
    const engine = this.#engines[index];
    assert(engine, `there is no engine ${index}`);
    return engine;
  }

  #sum(value: (engine: Engine) => number): number {
    return this.#engines.reduce((sum, engine) => sum + value(engine), 0);
  }
}
