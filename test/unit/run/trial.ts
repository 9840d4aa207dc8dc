/**
 * Runs in virtual time: one memory store, one coordinator with its fleet, scripted workers, a store for runs that outlives
 * the coordinator. Minutes of a run take a moment, and the same script gives the same run.
 */

import type { RunOutcome, RunRequest } from "../../../coordinator/active-run/request.ts";
import { RunCommands } from "../../../coordinator/active-run/run-requests.ts";
import { Fleet } from "../../../coordinator/fleet/fleet.ts";
import type { RunPolicies } from "../../../coordinator/plan/policies.ts";
import { executeRun, resumeRun } from "../../../coordinator/run/run.ts";
import type { RunEvent } from "../../../coordinator/store/event.ts";
import type { CoordinatorBus } from "../../../shared/bus/bus.ts";
import { MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import { OnrushError } from "../../../shared/errors.ts";
import { createLog } from "../../../shared/log.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { SimProcess, SimTime } from "../../sim/sim-time.ts";
import { MemoryRunStore } from "../../support/memory-run-store.ts";
import { scenario } from "../merge/synthetic-run.ts";
import { type Script, ScriptedWorker } from "./scripted-worker.ts";

export const SECOND_US = 1_000_000;

/** Opens `to` connections over rampSeconds and holds them for holdSeconds. */
export function load(to: number, rampSeconds: number, holdSeconds: number): StrictScenario {
  return scenario({
    name: "trial",
    phases: [
      {
        phase: "ramp",
        ramp: "linear",
        to,
        durationUs: (rampSeconds + holdSeconds) * SECOND_US,
        exclude: false,
        messageFactor: 1,
        ...(holdSeconds > 0 && { durationUs: rampSeconds * SECOND_US }),
      },
      ...(holdSeconds > 0
        ? [
            {
              phase: "hold",
              ramp: "hold",
              durationUs: holdSeconds * SECOND_US,
              exclude: false,
              messageFactor: 1,
            } as const,
          ]
        : []),
    ],
  });
}

export interface Going {
  readonly outcome: Promise<RunOutcome>;
  readonly commands: RunCommands;
  readonly events: RunEvent[];
  done(): RunOutcome | null;
}

export interface RunSettings {
  readonly id?: string;
  readonly scenario: StrictScenario;
  readonly workersExpected?: number;
  readonly policies?: Partial<RunPolicies>;
  /** Anything else about the request. */
  readonly change?: Partial<RunRequest>;
}

export class Trial {
  readonly time = new SimTime();
  readonly store: MemoryStore;
  readonly runs = new MemoryRunStore();
  /** Every line the coordinator logs. */
  readonly lines: string[] = [];
  coordinator: SimProcess;
  fleet: Fleet;
  /** Fails every call of the coordinator while it is set. */
  cut = false;
  #coordinators = 0;

  constructor() {
    const world = new SimProcess("world", this.time);
    this.store = new MemoryStore({ clock: world, timers: world });
    [this.coordinator, this.fleet] = this.#newCoordinator();
  }

  get bus(): CoordinatorBus {
    return new MemoryBus(this.store);
  }

  worker(script: Script): ScriptedWorker {
    const process = new SimProcess(script.id, this.time);
    return new ScriptedWorker(
      { bus: new MemoryBus(this.store), clock: process, timers: process },
      script,
    );
  }

  run(settings: RunSettings): Going {
    return this.#go(settings, executeRun);
  }

  resume(settings: RunSettings): Going {
    return this.#go(settings, resumeRun);
  }

  /** The coordinator's process dies; what it had not synced is lost. Starts another one. */
  async crash(): Promise<void> {
    this.coordinator.dead = true;
    this.runs.crash();
    [this.coordinator, this.fleet] = this.#newCoordinator();
    await this.fleet.start();
  }

  /** Lets virtual time pass until it holds. @throws when it does not within so many seconds */
  async until(holds: () => boolean, seconds = 600): Promise<void> {
    if (await this.time.run(this.time.nowUs + seconds * SECOND_US, holds)) return;
    throw new Error(`not within ${seconds} s of virtual time: ${holds.toString()}`);
  }

  async pass(seconds: number): Promise<void> {
    let passed = false;
    this.time.after(seconds * 1000, () => {
      passed = true;
    });
    await this.time.run(Number.POSITIVE_INFINITY, () => passed);
  }

  async outcomeOf(going: Going, seconds = 600): Promise<RunOutcome> {
    let settled = false;
    going.outcome
      .finally(() => {
        settled = true;
      })
      .catch(() => {});
    await this.until(() => settled, seconds);
    return going.outcome;
  }

  #newCoordinator(): [SimProcess, Fleet] {
    const process = new SimProcess(`coordinator-${++this.#coordinators}`, this.time);
    const log = createLog("coordinator", "info", (line) => this.lines.push(line));
    return [process, new Fleet({ bus: this.#link(process), clock: process, timers: process, log })];
  }

  /** The coordinator's side of the bus, which can be cut. */
  #link(process: SimProcess): CoordinatorBus {
    const bus = new MemoryBus(this.store);
    return new Proxy(bus, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function" || name === "onHint") return member;
        return async (...values: unknown[]) => {
          // A dead process calls nobody.
          if (process.dead) return new Promise(() => {});
          if (this.cut) throw unreachable();
          return Reflect.apply(member, target, values);
        };
      },
    });
  }

  #go(settings: RunSettings, begin: typeof executeRun): Going {
    const { id = "r1", workersExpected = 1, policies } = settings;
    const commands = new RunCommands();
    const events: RunEvent[] = [];
    let done: RunOutcome | null = null;
    const outcome = begin({
      scenario: settings.scenario,
      source: { fileName: "s.yaml", text: "name: trial\n" },
      runId: id,
      runDirectory: `runs/${id}`,
      bus: this.#link(this.coordinator),
      fleet: this.fleet,
      policies: { onWorkerLoss: "recover", onBusLoss: "fence", recoverWithinUs: 2e6, ...policies },
      store: this.runs,
      workersExpected,
      allowTargets: [],
      clock: this.coordinator,
      timers: this.coordinator,
      control: commands,
      onEvent: (event) => events.push(event),
      ...settings.change,
    });
    outcome.then(
      (result) => {
        done = result;
      },
      () => {},
    );
    return { outcome, commands, events, done: () => done };
  }
}

function unreachable(): OnrushError {
  return new OnrushError({ code: "ONRUSH_BUS_UNREACHABLE", message: "the bus did not answer" });
}
