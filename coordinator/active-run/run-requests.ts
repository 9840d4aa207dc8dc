/**
 * The commands of people and of the API for one run: the RunControl of this process, made by who starts a run and read by
 * the run. Invariant: state, not messages: a command that was given once is there to be read.
 */
import type { RunControl, WorkerCommands } from "../live/view.ts";

export class RunCommands implements RunControl {
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  #workers: WorkerCommands = { most: null, rebalances: 0 };

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  get abort(): AbortSignal {
    return this.#abort.signal;
  }

  get workers(): WorkerCommands {
    return this.#workers;
  }

  /** Ends the run before its plan does. @param reason "stopped" for the API, "interrupted" for a person */
  end(mode: "stop" | "abort", reason: "stopped" | "interrupted"): void {
    (mode === "stop" ? this.#stop : this.#abort).abort(reason);
  }

  /** @param most workers that may serve the run at most, at least 1; null: as many as there are */
  scale(most: number | null): void {
    this.#workers = { ...this.#workers, most };
  }

  /** Spreads what is open anew over all workers: connections are closed ("migrated") and opened elsewhere, paced. */
  rebalance(): void {
    this.#workers = { ...this.#workers, rebalances: this.#workers.rebalances + 1 };
  }
}
