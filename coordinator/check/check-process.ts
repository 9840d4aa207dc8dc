/**
 * One checking process as the checker sees it: asked one thing at a time, and killed when that takes too much. Used by
 * checker.ts. A process and not only a thread: JavaScript's memory limit of a thread does not hold for large single
 * values; they abort the whole process. Invariant: every question gets exactly one outcome, also when it kills the process.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Timers } from "../../shared/time/timer.ts";
import type { CheckLimits, Exceeded } from "./check-limits.ts";
import { OUT_OF_MEMORY } from "./process-terms.ts";
import { type AnyAnswer, type AnyQuestion, READY } from "./question.ts";

const ENTRY = fileURLToPath(new URL("./main.js", import.meta.url));
/** For the process to load its program; a machine may be busy. */
const START_MS = 30_000;

export type Outcome =
  | { readonly kind: "answered"; readonly answer: AnyAnswer }
  | { readonly kind: "exceeded"; readonly exceeded: Exceeded }
  /** The process took longer than that to start. */
  | { readonly kind: "late"; readonly seconds: number }
  | { readonly kind: "died"; readonly problem: string };

export class CheckProcess {
  readonly #child: ChildProcess;
  readonly #limits: CheckLimits;
  readonly #timers: Timers;
  readonly #ready: Promise<void>;
  #settle: ((outcome: Outcome) => void) | null = null;
  /** Of no more use. */
  ended = false;
  /** Resolves when the process is no more. */
  readonly gone: Promise<void>;

  constructor(limits: CheckLimits, timers: Timers) {
    this.#limits = limits;
    this.#timers = timers;
    const child = fork(ENTRY, [String(limits.memoryMb)], {
      serialization: "advanced",
      execArgv: [],
      // Nothing of this process's environment is for what comes from outside.
      env: {},
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#child = child;
    this.gone = new Promise((resolve) => {
      child.once("exit", () => resolve());
      // It could not even be started.
      child.once("error", () => resolve());
    });
    this.#ready = new Promise((resolve) => {
      child.on("message", (said: AnyAnswer | string) => {
        if (said === READY) resolve();
        else if (typeof said !== "string") this.#end({ kind: "answered", answer: said });
        else if (said === OUT_OF_MEMORY) this.#exceed("memory");
      });
    });
    child.on("error", (error) => this.#die(error.message));
    child.on("exit", (code, signal) => {
      // How V8 leaves when it finds no memory for a single value.
      if (signal === "SIGABRT" || signal === "SIGTRAP") this.#exceed("memory");
      else this.#die(`the checking process ended with ${signal ?? code}`);
    });
  }

  /** Never rejects. One question at a time. */
  ask(asked: AnyQuestion): Promise<Outcome> {
    return new Promise((resolve) => {
      let cancel = this.#timers.after(START_MS, () => this.#isLate());
      this.#settle = (outcome) => {
        cancel();
        resolve(outcome);
      };
      // What a process takes to start is no fault of the scenario.
      void this.#ready.then(() => {
        cancel();
        if (this.#settle === null) return;
        cancel = this.#timers.after(this.#limits.seconds * 1000, () => this.#exceed("time"));
        this.#child.send(asked, (error) => {
          if (error !== null) this.#die(error.message);
        });
      });
    });
  }

  close(): void {
    this.ended = true;
    this.#child.kill("SIGKILL");
  }

  #exceed(exceeded: Exceeded): void {
    this.close();
    this.#end({ kind: "exceeded", exceeded });
  }

  /** That is no fault of the scenario either. */
  #isLate(): void {
    this.close();
    this.#end({ kind: "late", seconds: START_MS / 1000 });
  }

  #die(problem: string): void {
    this.close();
    this.#end({ kind: "died", problem });
  }

  #end(outcome: Outcome): void {
    const settle = this.#settle;
    this.#settle = null;
    settle?.(outcome);
  }
}
