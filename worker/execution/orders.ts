/**
 * What faults of a scenario have this worker do to itself. Made by main.ts; the run's execution tells it what the run's document asks.
 *
 *   asked --said in the status--> about to --TELL_MS--> done
 *
 * Invariant: each order is carried out once at most, by the worker of an epoch it names, and by none that does not allow it.
 * What lasts ends by this process' own clock, and with the run here at the latest; but a loss of the bus only by the clock.
 */
import { ExitCode } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { WorkerEffect } from "../../shared/scenario/sections/faults/outside/worker-act.ts";
import { monotonicUs, skewWallClock } from "../../shared/time/clock.ts";
import { standStill } from "../../shared/time/stand-still.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { RunDocument } from "../../shared/wire/command.ts";
import type { EngineThread, StartEngine } from "./engine-thread.ts";
import type { IsolatedBus } from "./isolated-bus.ts";

/** For the status that says so to get to the coordinator, before it can no more. */
const TELL_MS = 500;

export interface OrdersOptions {
  readonly bus: IsolatedBus;
  /** Whoever started this worker lets scenarios do it. */
  readonly allowed: boolean;
  readonly timers: Timers;
  readonly log: Log;
}

export class Orders {
  readonly #options: OrdersOptions;
  readonly #threads = new Set<EngineThread>();
  #run = "";
  /** Of the run. */
  readonly #obeyed = new Set<number>();
  /** Cancels of what is about to be done, and of the ends of what lasts. */
  readonly #pending = new Set<() => void>();
  /** Of the wall clock: the sum of what acts. */
  #skewMs = 0;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  /** Threads that start so do what the worker does. */
  reaching(start: StartEngine): StartEngine {
    return (index, { onReport, onEnd }) => {
      const forget = () => this.#threads.delete(thread);
      const thread = start(index, {
        onReport,
        onEnd: (problem) => {
          forget();
          onEnd(problem);
        },
      });
      this.#threads.add(thread);
      if (this.#skewMs !== 0) thread.post({ type: "skew", byMs: this.#skewMs });
      return thread;
    };
  }

  /** As the status has them; absent: none. */
  obeyedIn(run: string): { readonly obeyed?: readonly number[] } {
    return run === this.#run && this.#obeyed.size > 0 ? { obeyed: [...this.#obeyed] } : {};
  }

  /** What the document of a run asks of the worker of this epoch. @param onChanged the status has changed */
  follow(
    { run, orders = [] }: Pick<RunDocument, "run" | "orders">,
    { epoch, onChanged }: { readonly epoch: number; readonly onChanged: () => void },
  ): void {
    if (!this.#options.allowed) return;
    if (run !== this.#run) {
      this.over(this.#run);
      this.#obeyed.clear();
      this.#run = run;
    }
    for (const { id, epochs, effect } of orders) {
      if (this.#obeyed.has(id) || !epochs.includes(epoch)) continue;
      this.#obeyed.add(id);
      this.#options.log.warn(`a fault of run ${run} has this worker ${WORDS[effect.kind]}`);
      onChanged();
      this.#after(TELL_MS, () => this.#carryOut(effect));
    }
  }

  /** The run has ended here: what it still asks for is not done, and the wall clock is right again. */
  over(run: string): void {
    if (run !== this.#run) return;
    for (const cancel of this.#pending) cancel();
    this.#pending.clear();
    if (this.#skewMs !== 0) this.#skewTo(0);
  }

  #after(delayMs: number, then: () => void): void {
    const cancel = this.#options.timers.after(delayMs, () => {
      this.#pending.delete(cancel);
      then();
    });
    this.#pending.add(cancel);
  }

  #carryOut(effect: WorkerEffect): void {
    switch (effect.kind) {
      case "kill":
        endAtOnce();
        return;
      case "isolate":
        this.#options.bus.isolate(effect.forUs / 1000);
        return;
      case "pause": {
        const untilUs = monotonicUs() + effect.forUs;
        for (const thread of this.#threads) thread.post({ type: "standStill", untilUs });
        standStill(untilUs);
        return;
      }
      case "skew": {
        const { byMs, forUs } = effect;
        this.#skewTo(this.#skewMs + byMs);
        this.#after(forUs / 1000, () => this.#skewTo(this.#skewMs - byMs));
      }
    }
  }

  #skewTo(byMs: number): void {
    this.#skewMs = byMs;
    skewWallClock(byMs);
    for (const thread of this.#threads) thread.post({ type: "skew", byMs });
  }
}

function endAtOnce(): void {
  process.kill(process.pid, "SIGKILL");
  // Process 1 of a container takes no such signal from within.
  process.exit(ExitCode.aborted);
}

const WORDS: Readonly<Record<WorkerEffect["kind"], string>> = {
  kill: "end at once",
  pause: "stand still",
  isolate: "lose the bus",
  skew: "set its wall clock",
};
