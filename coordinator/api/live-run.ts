/**
 * A run started from TypeScript while it goes on. Made by api.ts. Invariant: the result is settled once, when everything the
 * run started has ended; of the views only the newest is kept, so a slow reader costs nothing and misses some.
 */
import type { ExitCode, OnrushError } from "../../shared/errors.ts";
import type { StrictOutput } from "../../shared/scenario/strict.ts";
import { systemClock } from "../../shared/time/clock.ts";
import type { RunOutcome } from "../active-run/request.ts";
import type { ResultFiles } from "../launch/result-files.ts";
import type { LiveView } from "../live/view.ts";
import type { Summary } from "../report/summary-schema.ts";
import type { RunHistogram } from "./histograms.ts";
import type { RunOptions } from "./run-options.ts";
import { environmentOf, type ScenarioSource, validScenario } from "./scenario-source.ts";

/** What a run came to. */
export interface RunResult {
  readonly id: string;
  readonly directory: string;
  /** As summary.json. */
  readonly summary: Summary;
  /** What `onrush run` would end with: 0 when the run passed. */
  readonly exitCode: ExitCode;
  /** Why the run could not be started or finished; null when it was. */
  readonly problem: OnrushError | null;
  /** Paths of the results that were written. */
  readonly files: readonly string[];
  /** As `histograms(directory)`. */
  histograms(): Promise<readonly RunHistogram[]>;
}

/**
 * A run: `await` gives its result, `for await` its views, one a second, until it is over. It rejects with an OnrushError when
 * nothing could be started.
 */
export interface Run extends PromiseLike<RunResult>, AsyncIterable<LiveView> {
  /** As a promise with `catch` and `finally`. */
  readonly result: Promise<RunResult>;
  /** Starts nothing more, drains, writes everything. Harmless when it is over. */
  stop(): void;
  /** Cuts connections at once, writes what there is. Harmless when it is over. */
  abort(): void;
}

export class LiveRun implements Run {
  readonly result: Promise<RunResult>;
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  #newest: LiveView | null = null;
  /** How many views there were. */
  #count = 0;
  #isOver = false;
  #changed = Promise.resolve();
  #announce: () => void = () => {};

  constructor(scenario: ScenarioSource, options: RunOptions) {
    this.#expectChange();
    const { signal } = options;
    const stop = () => this.stop();
    if (signal?.aborted === true) this.stop();
    signal?.addEventListener("abort", stop);
    this.result = this.#execute(scenario, options).finally(() => {
      signal?.removeEventListener("abort", stop);
      this.#isOver = true;
      this.#announce();
    });
  }

  // biome-ignore lint/suspicious/noThenProperty: a run is awaited for its result
  then<A = RunResult, B = never>(
    onFulfilled?: ((result: RunResult) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.result.then(onFulfilled, onRejected);
  }

  stop(): void {
    this.#stop.abort("stopped");
  }

  abort(): void {
    this.#abort.abort("stopped");
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LiveView, void, undefined> {
    // Whoever iterates hears of a failure here.
    this.result.catch(() => {});
    let seen = 0;
    while (!this.#isOver || this.#count > seen) {
      if (this.#newest !== null && this.#count > seen) {
        seen = this.#count;
        yield this.#newest;
      } else await this.#changed;
    }
    await this.result;
  }

  async #execute(source: ScenarioSource, options: RunOptions): Promise<RunResult> {
    const scenario = await validScenario(source, options);
    const { launchRequestOf } = await import("./run-options.ts");
    const { carryOut, openRunMetrics, prepareRun } = await import("../launch/launch.ts");
    const request = launchRequestOf(scenario, options);
    const say = guarded(options.onLog);
    const signal = AbortSignal.any([this.#stop.signal, this.#abort.signal]);
    const context = { clock: systemClock, env: environmentOf(options), say, signal };
    const prepared = await prepareRun(request, context);
    const metrics = await openRunMetrics(prepared, context);
    try {
      const observer = {
        control: { stop: this.#stop.signal, abort: this.#abort.signal },
        note: say,
        onView: (view: LiveView) => this.#show(view),
        onEvent: guarded(options.onEvent),
      };
      const outcome = await carryOut(prepared, observer, { ...context, metrics });
      const { resultFiles } = await import("../launch/result-files.ts");
      const outputs: StrictOutput[] = [...request.scenario.outputs, ...request.outputs];
      return resultOf(outcome, resultFiles(outcome.runDirectory, outputs));
    } finally {
      for (const line of await metrics.close()) say(line);
    }
  }

  #show(view: LiveView): void {
    this.#newest = view;
    this.#count += 1;
    this.#announce();
    this.#expectChange();
  }

  #expectChange(): void {
    this.#changed = new Promise((resolve) => {
      this.#announce = resolve;
    });
  }
}

/** What a listener throws is its program's to deal with, and no end of the run. */
function guarded<T>(listener: (value: T) => void = () => {}): (value: T) => void {
  return (value) => {
    try {
      listener(value);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}

function resultOf(
  { summary, exitCode, problem, runDirectory }: RunOutcome,
  { report, others }: ResultFiles,
): RunResult {
  return {
    id: summary.run,
    directory: runDirectory,
    summary,
    exitCode,
    problem,
    files: report === null ? others : [report, ...others],
    histograms: async () => {
      const { histogramsOf } = await import("./histograms.ts");
      return histogramsOf(runDirectory);
    },
  };
}
