/**
 * The engine threads of one run: starts them, deals the shards evenly, relays commands and reports. Called
 * by run-execution.ts; speaks engine/port.ts.
 *
 *   preparing --"prepared"--> prepared --final frame--> finished
 *       \---------"failed" | error | exit---------------> dead
 *
 * Invariant: before "prepared" an engine gets nothing but "prepare": what is wanted of it is kept as state
 * and sent then. An engine that ends in any other way than by its final frame is reported dead, once.
 */
import { Worker as Thread } from "node:worker_threads";
import { assert } from "../../shared/assert.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import type { EngineCommand, EngineReport } from "../engine/port.ts";
import type { MeasuredFrame } from "../record/fresh-frames.ts";

export interface EngineHostOptions {
  readonly entry: URL;
  readonly engines: number;
  readonly plan: PlanDocument;
  readonly timers: Timers;
  readonly onFrame: (frame: MeasuredFrame) => void;
  /** The engine is of no more use. */
  readonly onDeath: (engine: number, problem: string) => void;
  /** An engine was prepared, was given its shards, or has finished. */
  readonly onProgress: () => void;
}

/**
 * Shards go to an engine in batches, because each makes it lay out its whole agenda again: when none was
 * added for a while, and at the latest after a second.
 */
const BATCH_QUIET_MS = 100;
const BATCH_MAX_MS = 1000;

interface Engine {
  readonly index: number;
  readonly thread: Thread;
  /** All it was given; the last `unsent` of them wait for the next batch. */
  readonly shards: number[];
  unsent: number;
  state: "preparing" | "prepared" | "finished" | "dead";
  open: number;
}

export class EngineHost {
  readonly #options: EngineHostOptions;
  readonly #engines: readonly Engine[];
  #leaseUs: number | null = null;
  #startUs: number | null = null;
  #end: "stop" | "abort" | null = null;
  #terminated = false;
  #cancelQuiet: () => void = () => {};
  #cancelMax: (() => void) | null = null;

  constructor(options: EngineHostOptions) {
    this.#options = options;
    this.#engines = Array.from({ length: options.engines }, (_, index) => this.#startEngine(index));
  }

  get shardsHeld(): number {
    return this.#sum((engine) => engine.shards.length);
  }

  /** Shards whose engine is prepared and knows of them. */
  get shardsReady(): number {
    return this.#sum(({ state, shards, unsent }) =>
      state === "prepared" ? shards.length - unsent : 0,
    );
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

  /** An engine has ended already: this run takes no more shards here. */
  get someEnded(): boolean {
    return !this.#engines.every(isLive);
  }

  /** Engines that have not reported their final frame. */
  get running(): readonly number[] {
    return this.#engines.filter(isLive).map(({ index }) => index);
  }

  shardsOf(engine: number): readonly number[] {
    return this.#engine(engine).shards;
  }

  /**
   * Gives the shard to the engine that has the fewest.
   * @returns false when no engine can take it, because all have ended
   */
  assign(shard: number): boolean {
    const [first, ...others] = this.#engines.filter(isLive);
    if (first === undefined) return false;
    const engine = others.reduce(
      (least, other) => (other.shards.length < least.shards.length ? other : least),
      first,
    );
    engine.shards.push(shard);
    engine.unsent += 1;
    const { timers } = this.#options;
    this.#cancelQuiet();
    this.#cancelQuiet = timers.after(BATCH_QUIET_MS, () => this.#sendShards());
    this.#cancelMax ??= timers.after(BATCH_MAX_MS, () => this.#sendShards());
    return true;
  }

  /** @param deadlineUs monotonic; one in the past makes the engines fence themselves at once */
  lease(deadlineUs: number): void {
    this.#leaseUs = deadlineUs;
    this.#sendAll({ type: "lease", deadlineUs });
  }

  /** @param startUs run time 0, monotonic */
  start(startUs: number): void {
    this.#startUs = startUs;
    // The start first: shards that come after it are taken on in phase.
    this.#sendAll({ type: "start", startUs });
    this.#sendShards();
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
    this.#cancelBatch();
    await Promise.all(this.#engines.map(({ thread }) => thread.terminate()));
  }

  #startEngine(index: number): Engine {
    const thread = new Thread(this.#options.entry, { name: `engine-${index}` });
    const engine: Engine = { index, thread, shards: [], unsent: 0, state: "preparing", open: 0 };
    thread.on("message", (report: EngineReport) => this.#receive(engine, report));
    thread.on("error", (error) => this.#die(engine, `died: ${error.message}`));
    thread.on("exit", (code) => this.#die(engine, `exited with code ${code}`));
    thread.postMessage({
      type: "prepare",
      plan: this.#options.plan,
      engine: index,
    } satisfies EngineCommand);
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
    }
  }

  #prepared(engine: Engine): void {
    if (engine.state !== "preparing") return;
    engine.state = "prepared";
    if (this.#leaseUs !== null) this.#send(engine, { type: "lease", deadlineUs: this.#leaseUs });
    if (this.#startUs !== null) this.#send(engine, { type: "start", startUs: this.#startUs });
    this.#sendShardsTo(engine);
    if (this.#end !== null) this.#send(engine, { type: "end", mode: this.#end });
    this.#options.onProgress();
  }

  #sendShards(): void {
    this.#cancelBatch();
    for (const engine of this.#engines) this.#sendShardsTo(engine);
    this.#options.onProgress();
  }

  #sendShardsTo(engine: Engine): void {
    if (engine.state !== "prepared" || engine.unsent === 0) return;
    const shards = engine.shards.slice(-engine.unsent);
    engine.unsent = 0;
    this.#send(engine, { type: "shards", shards });
  }

  #cancelBatch(): void {
    this.#cancelQuiet();
    this.#cancelMax?.();
    this.#cancelMax = null;
  }

  #die(engine: Engine, problem: string): void {
    if (this.#terminated || engine.state === "dead" || engine.state === "finished") return;
    engine.state = "dead";
    this.#options.onDeath(engine.index, problem);
  }

  #send(engine: Engine, command: EngineCommand): void {
    if (engine.state === "prepared") engine.thread.postMessage(command);
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

function isLive({ state }: Engine): boolean {
  return state === "preparing" || state === "prepared";
}
