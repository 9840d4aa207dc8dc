/**
 * Checks of what comes from outside, in processes of their own: a few at once, a few that wait, the rest sent away. Used by
 * the service and by the commands that take a scenario. Invariant: whatever is asked, who asks stays free, and gets an
 * answer within the limits.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { Timers } from "../../shared/time/timer.ts";
import { type CheckLimits, exceededIssue } from "./check-limits.ts";
import { CheckProcess, type Outcome } from "./check-process.ts";
import { Malformed } from "./malformed.ts";
import type { AnyQuestion, Checks, FileAnswer, Kind } from "./question.ts";

/** One that is not needed for this long is ended, and gives its memory back. */
const IDLE_MS = 30_000;

interface Job {
  readonly by: string;
  readonly asked: AnyQuestion;
  readonly done: (outcome: Outcome) => void;
}

export class Checker {
  readonly limits: CheckLimits;
  readonly #timers: Timers;
  readonly #idle: { readonly checking: CheckProcess; readonly cancel: () => void }[] = [];
  readonly #waiting: Job[] = [];
  /** With who asked. */
  readonly #busy = new Map<CheckProcess, string>();
  #closed = false;

  constructor(limits: CheckLimits, timers: Timers) {
    this.limits = limits;
    this.#timers = timers;
  }

  /**
   * @param by who asks: one asker has a share of the places only, and what others ask comes first while it has a process
   * @throws OnrushError ONRUSH_BUSY when too many wait, and what the check itself refuses with; Malformed when the body
   *   is not what it says it is
   */
  async check<K extends Kind>(
    kind: K,
    question: Checks[K]["question"],
    by = "",
  ): Promise<Checks[K]["answer"]> {
    const own = this.#waiting.filter((job) => job.by === by).length;
    const isFull = this.#waiting.length >= this.limits.waiting || own >= this.limits.waitingEach;
    if (this.#closed || isFull) throw tooBusy("too many scenarios wait to be checked");
    const asked = { kind, question } as AnyQuestion;
    const outcome = await new Promise<Outcome>((done) => {
      this.#waiting.push({ by, asked, done });
      this.#next();
    });
    return this.#answerOf(asked, outcome) as Checks[K]["answer"];
  }

  /** Something is about to be asked: starts a process that gets ready meanwhile. */
  prepare(): void {
    if (this.#busy.size > 0 || this.#idle.length > 0) return;
    this.#putBack(new CheckProcess(this.limits, this.#timers));
  }

  /** Nothing more will be asked for a while: processes without work end now. */
  rest(): void {
    for (const { checking, cancel } of this.#idle.splice(0)) {
      cancel();
      checking.close();
    }
  }

  /** Ends all processes; what was asked gets no answer but that. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const processes = [...this.#busy.keys(), ...this.#idle.map(({ checking }) => checking)];
    for (const { cancel } of this.#idle.splice(0)) cancel();
    for (const { done } of this.#waiting.splice(0)) done({ kind: "died", problem: "closed" });
    for (const checking of processes) checking.close();
    await Promise.all(processes.map(({ gone }) => gone));
  }

  #next(): void {
    if (this.#busy.size >= this.limits.processes) return;
    const served = new Set(this.#busy.values());
    const first = this.#waiting.findIndex(({ by }) => !served.has(by));
    const [job] = this.#waiting.splice(Math.max(0, first), 1);
    if (job === undefined) return;
    const checking = this.#take();
    this.#busy.set(checking, job.by);
    void checking.ask(job.asked).then((outcome) => {
      this.#busy.delete(checking);
      this.#putBack(checking);
      job.done(outcome);
      this.#next();
    });
  }

  #take(): CheckProcess {
    while (true) {
      const idle = this.#idle.pop();
      if (idle === undefined) return new CheckProcess(this.limits, this.#timers);
      idle.cancel();
      if (!idle.checking.ended) return idle.checking;
    }
  }

  #putBack(checking: CheckProcess): void {
    if (checking.ended) return;
    if (this.#closed) {
      checking.close();
      return;
    }
    const cancel = this.#timers.after(IDLE_MS, () => {
      const at = this.#idle.findIndex((entry) => entry.checking === checking);
      if (at >= 0) this.#idle.splice(at, 1);
      checking.close();
    });
    this.#idle.push({ checking, cancel });
  }

  #answerOf({ kind, question }: AnyQuestion, outcome: Outcome): Checks[Kind]["answer"] {
    if (outcome.kind === "late")
      throw tooBusy(
        `the process that checks scenarios did not start within ${outcome.seconds} s: the machine is busy`,
      );
    if (outcome.kind === "died") throw new Error(`a check failed: ${outcome.problem}`);
    if (outcome.kind === "exceeded") {
      const file = kind === "file" ? question.fileName : "scenario";
      const issues = [exceededIssue(file, outcome.exceeded, this.limits)];
      const failed = { ok: false as const, issues };
      if (kind !== "file") return failed;
      const answer: FileAnswer = {
        parsed: { ...failed, source: "" },
        files: new Map(),
        size: null,
      };
      return answer;
    }
    const { answer } = outcome;
    switch (answer.kind) {
      case "answer":
        return answer.answer;
      case "malformed":
        throw new Malformed(answer.detail);
      case "refused":
        throw new OnrushError(answer);
      case "bug":
        throw new Error(`a check failed: ${answer.stack}`);
    }
  }
}

function tooBusy(message: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_BUSY",
    message,
    remedy: "Try again in a few seconds.",
  });
}
