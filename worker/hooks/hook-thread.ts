/**
 * The thread in which an engine's hooks run. Made by the engine's entry before it says that it is prepared; used by hooks.ts.
 * Invariant: the thread has no environment, and memory and a stack of its own limits; one that ended is not started again.
 */
import { Worker as Thread } from "node:worker_threads";
import { OnrushError } from "../../shared/errors.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { HookAnswer, HookCall, SandboxData, SandboxReport } from "./protocol.ts";

const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

/** What the engine is told. */
export interface HookListener {
  answered(answers: readonly HookAnswer[]): void;
  /** The thread is no more: it was ended, or ran out of memory. */
  gone(problem: string): void;
}

/** Sees the calls and their answers, beside the engine. */
export interface HookWatcher {
  called(call: HookCall): void;
  /** The listener was told before. */
  answered(answers: readonly HookAnswer[]): void;
}

export class HookThread {
  /** Functions that the module exports. */
  readonly functions: ReadonlySet<string>;
  /** null: nobody. */
  watcher: HookWatcher | null = null;
  readonly #thread: Thread;
  #listener: HookListener | null = null;
  #problem: string | null = null;

  private constructor(thread: Thread, functions: readonly string[]) {
    this.#thread = thread;
    this.functions = new Set(functions);
    thread.on("message", (report: SandboxReport) => {
      if (report.type !== "answers") return;
      this.#listener?.answered(report.answers);
      this.watcher?.answered(report.answers);
    });
    thread.on("error", (error) => this.#end(error.message));
    thread.on("exit", () => this.#end("it has ended"));
    // It keeps no process alive.
    thread.unref();
  }

  /**
   * Loads the scenario's hooks; null: it has none.
   * @throws OnrushError ONRUSH_HOOKS_FAILED when they cannot be loaded
   */
  static async start({ hooks, vars }: StrictScenario, entry: URL): Promise<HookThread | null> {
    if (hooks === null) return null;
    const { file, source, timeoutUs } = hooks;
    const workerData: SandboxData = { file, source, timeoutUs, vars };
    const thread = new Thread(entry, {
      ...{ name: "hooks", workerData, env: {}, resourceLimits: LIMITS, argv: [] },
      execArgv: ["--experimental-vm-modules", "--no-warnings"],
    });
    const report = await first(thread);
    if (report.type === "ready") return new HookThread(thread, report.hooks);
    await thread.terminate();
    throw new OnrushError({
      code: "ONRUSH_HOOKS_FAILED",
      message: `The hooks in ${file} cannot be loaded: ${report.type === "failed" ? report.problem : ""}`,
      remedy: "Correct the file; docs/hooks.md says what hooks may do.",
    });
  }

  listen(listener: HookListener): void {
    this.#listener = listener;
    if (this.#problem !== null) listener.gone(this.#problem);
  }

  post(call: HookCall): void {
    this.watcher?.called(call);
    this.#thread.postMessage(call);
  }

  /** Ends it at once, whatever it does. */
  terminate(): void {
    void this.#thread.terminate();
  }

  #end(problem: string): void {
    if (this.#problem !== null) return;
    this.#problem = problem;
    this.#listener?.gone(problem);
  }
}

/** What the thread says first. */
function first(thread: Thread): Promise<SandboxReport> {
  return new Promise((resolve) => {
    const over = (problem: string) => resolve({ type: "failed", problem });
    thread.once("message", resolve);
    thread.once("error", (error) => over(error.message));
    thread.once("exit", () => over("its thread has ended"));
  });
}
