/**
 * A worker process of a simulation: the production control code and the production engine, on virtual time, a simulated way
 * to the broker and a simulated target. Used by world.ts. Invariant: a dead process does nothing any more.
 */
import type { Bus, WorkerBus } from "../../shared/bus/bus.ts";
import type { Log } from "../../shared/log.ts";
import { WIRE_VERSION } from "../../shared/wire/plan.ts";
import { Control } from "../../worker/control/control.ts";
import { Engine } from "../../worker/engine/engine.ts";
import type { EngineCommand } from "../../worker/engine/port.ts";
import type { EngineListener, EngineThread } from "../../worker/execution/engine-thread.ts";
import { CONTROL_TIMINGS } from "../../worker/execution/timings.ts";
import { resolveTargets } from "../../worker/reach/resolve.ts";
import type { SimTarget } from "./sim-target.ts";
import type { SimProcess } from "./sim-time.ts";

/** Engines turn this often: seldom enough to be quick, often enough to be in time. */
const TURN_MS = 50;
const PORT_MS = 0.1;
export const FENCE_AFTER_MS = 4000;
const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };

export interface SimWorkerOptions {
  readonly id: string;
  readonly process: SimProcess;
  readonly bus: Bus;
  readonly target: SimTarget;
  /** Changes what an engine is told or says, for planted bugs. */
  readonly tamper?: (command: EngineCommand) => EngineCommand | null;
}

export class SimWorker {
  readonly id: string;
  readonly process: SimProcess;
  /** It has left in good order, or ended. */
  ended = false;
  readonly #options: SimWorkerOptions;
  readonly #control: Control;
  readonly #engines: SimEngine[] = [];

  constructor(options: SimWorkerOptions) {
    const { id, process, bus } = options;
    this.id = id;
    this.process = process;
    this.#options = options;
    this.#control = new Control({
      bus: bus as WorkerBus,
      info: {
        ...{ id, host: "sim", pid: 1, version: "0", node: "v20", engines: 1, capacity: 1000 },
        ...{ cpuModel: "sim", cpus: 1, memoryBytes: 1, openFilesLimit: 1000, localPorts: 1000 },
        ...{ physicalCores: 1, system: "sim", fenceAfterMs: FENCE_AFTER_MS, wire: WIRE_VERSION },
      },
      limits: { maxConnections: null, maxRate: null },
      rejoin: true,
      startEngine: (index, listener) => this.#startEngine(index, listener),
      timings: { ...CONTROL_TIMINGS, fenceAfterMs: FENCE_AFTER_MS, leaveMs: 12_000, flushMs: 8000 },
      clock: process,
      timers: process,
      log: quiet,
    });
    this.#control.serve().then(
      () => {
        this.ended = true;
      },
      () => {
        this.ended = true;
      },
    );
  }

  /** As kill -9. */
  kill(): void {
    this.process.dead = true;
    this.#options.target.drop(this.process);
  }

  /** As SIGTERM. */
  leave(): void {
    this.#control.drain();
  }

  /** One engine is gone, the process lives. */
  killEngine(): void {
    this.#engines.at(-1)?.die();
  }

  /** Frees what the runtime holds for engines that never finished. */
  dispose(): void {
    for (const engine of this.#engines) engine.dispose();
  }

  #startEngine(index: number, listener: EngineListener): EngineThread {
    const engine = new SimEngine(index, listener, this.#options);
    this.#engines.push(engine);
    return engine;
  }
}

class SimEngine implements EngineThread {
  readonly #index: number;
  readonly #listener: EngineListener;
  readonly #options: SimWorkerOptions;
  #engine: Engine | null = null;
  #dead = false;

  constructor(index: number, listener: EngineListener, options: SimWorkerOptions) {
    this.#index = index;
    this.#listener = listener;
    this.#options = options;
    this.#turn();
  }

  post(command: EngineCommand): void {
    const { tamper, process } = this.#options;
    const told = tamper ? tamper(command) : command;
    if (told !== null) process.after(PORT_MS, () => this.#obey(told));
  }

  async terminate(): Promise<void> {
    this.#dead = true;
    this.#engine?.end("abort");
    this.dispose();
  }

  die(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#options.target.drop(this.#options.process);
    this.#options.process.after(PORT_MS, () => this.#listener.onEnd("exited with code 9"));
  }

  dispose(): void {
    this.#engine?.dispose();
  }

  #obey(command: EngineCommand): void {
    if (this.#dead) return;
    const engine = this.#engine;
    switch (command.type) {
      case "prepare":
        void this.#prepare(command);
        return;
      case "slices":
        engine?.addSlices(command.slices);
        return;
      case "cut":
        engine?.cutSlice(command.slice, command.toUs);
        return;
      case "handOver":
        engine?.handOver(command);
        return;
      case "start":
        engine?.start(command.startUs);
        return;
      case "lease":
        engine?.setLease(command.deadlineUs);
        return;
      case "end":
        engine?.end(command.mode);
    }
  }

  async #prepare({ plan }: Extract<EngineCommand, { type: "prepare" }>): Promise<void> {
    const { process, target } = this.#options;
    const monotonicUs = () => process.monotonicUs();
    const targets = await resolveTargets(plan.scenario, [], monotonicUs);
    this.#engine = new Engine({
      ...{ plan, engine: this.#index, targets, monotonicUs, driver: target.driverFor(process) },
      afterReading: (then) => void process.after(1, then),
      report: (report) =>
        void process.after(PORT_MS, () => {
          if (!this.#dead) this.#listener.onReport(report);
        }),
    });
    this.#listener.onReport({ type: "prepared" });
  }

  #turn(): void {
    if (this.#dead || this.#engine?.finished === true) return;
    this.#engine?.turn();
    this.#options.process.after(TURN_MS, () => this.#turn());
  }
}
