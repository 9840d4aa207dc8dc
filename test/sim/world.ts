/**
 * A whole cluster in virtual time: the production coordinator, production workers, a broker in memory behind a bad network,
 * a target that counts. Used by storm.ts. Invariant: the same seed gives the same history.
 */

import type { RunOutcome } from "../../coordinator/active-run/request.ts";
import { RunCommands } from "../../coordinator/active-run/run-requests.ts";
import { Fleet } from "../../coordinator/fleet/fleet.ts";
import { executeRun, resumeRun } from "../../coordinator/run/run.ts";
import type { Bus } from "../../shared/bus/bus.ts";
import { MemoryStore } from "../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../shared/bus/memory-bus.ts";
import type { Log } from "../../shared/log.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { FrameId } from "../../shared/wire/frame/frame.ts";
import { MemoryRunStore } from "../support/memory-run-store.ts";
import type { Planted } from "./planted.ts";
import { SimLink, type Weather } from "./sim-network.ts";
import { SimRandom } from "./sim-random.ts";
import { SimTarget } from "./sim-target.ts";
import { SimProcess, SimTime } from "./sim-time.ts";
import { SimWorker } from "./sim-worker.ts";

const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };

export class World {
  readonly time = new SimTime();
  readonly target: SimTarget;
  readonly store: MemoryStore;
  readonly runs = new MemoryRunStore();
  readonly workers: SimWorker[] = [];
  readonly commands = new RunCommands();
  outcome: RunOutcome | null = null;
  failure: unknown = null;
  /** Frames a worker was told are stored, "epoch/seq", and when, microseconds. */
  readonly delivered = new Map<string, number>();
  /** How often the broker was emptied. */
  emptied = 0;
  readonly #seed: number;
  readonly #weather: Weather;
  readonly #scenario: StrictScenario;
  readonly #planted: Planted | null;
  readonly #links: SimLink[] = [];
  #coordinator: SimProcess;
  #made = 0;

  constructor(options: {
    readonly seed: number;
    readonly weather: Weather;
    readonly scenario: StrictScenario;
    readonly planted: Planted | null;
  }) {
    this.#seed = options.seed;
    this.#weather = options.weather;
    this.#scenario = options.scenario;
    this.#planted = options.planted;
    this.target = new SimTarget(this.time, this.#randomOf("target"));
    const world = new SimProcess("world", this.time);
    this.store = new MemoryStore({ clock: world, timers: world });
    this.#coordinator = new SimProcess("coordinator", this.time);
  }

  get done(): boolean {
    return this.outcome !== null || this.failure !== null;
  }

  startWorker(): SimWorker {
    const id = `w${this.workers.length}`;
    const process = new SimProcess(id, this.time);
    const worker = new SimWorker({
      ...{ id, process, target: this.target, bus: this.#busFor(process, "worker") },
      ...(this.#planted?.tamper ? { tamper: this.#planted.tamper } : {}),
    });
    this.workers.push(worker);
    return worker;
  }

  /** Starts the coordinator, for the first time or again after it was killed. */
  async startCoordinator(begin: "new" | "again"): Promise<void> {
    const process = new SimProcess(`coordinator-${this.#made}`, this.time);
    this.#coordinator = process;
    const bus = this.#busFor(process, "coordinator");
    const fleet = new Fleet({ bus, clock: process, timers: process, log: quiet });
    let looked = false;
    const starting = fleet.start().then(() => {
      looked = true;
    });
    await this.time.run(Number.POSITIVE_INFINITY, () => looked);
    await starting;
    const carryOut = begin === "new" ? executeRun : resumeRun;
    carryOut({
      scenario: this.#scenario,
      source: { fileName: "s.yaml", text: "" },
      ...{ runId: "r1", runDirectory: "runs/r1", bus, fleet, store: this.runs },
      policies: { onWorkerLoss: "recover", onBusLoss: "fence" },
      ...{ workersExpected: 1, allowTargets: [], clock: process, timers: process },
      control: this.commands,
    }).then(
      (outcome) => {
        if (process.dead) return;
        this.outcome = outcome;
      },
      (error: unknown) => {
        if (!process.dead) this.failure = error;
      },
    );
  }

  /** As kill -9: what was not on disk is lost. */
  killCoordinator(): void {
    this.#coordinator.dead = true;
    this.runs.crash();
  }

  pauseCoordinator(forMs: number): void {
    this.#coordinator.pause(forMs);
  }

  stepClock(byMs: number): void {
    this.#coordinator.wallStepMs += byMs;
  }

  empty(): void {
    this.emptied++;
    this.store.forgetEverything();
  }

  /** Cuts everybody, or one chosen at random, from the broker. */
  cut(forMs: number, all: boolean, random: SimRandom): void {
    const links = all ? this.#links : [random.pick(this.#links)];
    for (const link of links) link.cutUntilUs = this.time.nowUs + forMs * 1000;
  }

  /** Lets virtual time pass, at most until the run is over. */
  async pass(seconds: number): Promise<void> {
    let passed = false;
    this.time.after(seconds * 1000, () => {
      passed = true;
    });
    await this.time.run(Number.POSITIVE_INFINITY, () => passed || this.done);
  }

  dispose(): void {
    for (const worker of this.workers) worker.dispose();
  }

  #busFor(process: SimProcess, role: "worker" | "coordinator"): Bus {
    const link = new SimLink(this.time, process, this.#randomOf(process.name), this.#weather);
    this.#links.push(link);
    const side: Bus = new MemoryBus(this.store);
    const planted = this.#planted?.wrap?.(side, role) ?? side;
    return role === "worker" ? this.#noting(link.wrap(planted)) : link.wrap(planted);
  }

  /** Notes what the worker is told of its frames. */
  #noting(bus: Bus): Bus {
    const note = (id: FrameId, answer: string) => {
      if (answer === "ok" || answer === "duplicate")
        this.delivered.set(`${id.epoch}/${id.seq}`, this.time.nowUs);
    };
    return new Proxy(bus, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (name !== "appendFrame" && name !== "appendLateFrame") return member;
        return async (id: FrameId, ...rest: unknown[]) => {
          const answer = (await (member as (...values: unknown[]) => Promise<string>)(
            id,
            ...rest,
          )) as string;
          note(id, answer);
          return answer;
        };
      },
    });
  }

  #randomOf(_name: string): SimRandom {
    return new SimRandom(this.#seed, 1 + this.#made++);
  }
}
