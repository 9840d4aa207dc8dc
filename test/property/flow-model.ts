/**
 * A flow as one would tell it: each list a generator that says what it waits for, and is told what came of it. The reference of
 * flow.test.ts; slow, plain, and knows nothing of the worker but what docs/flows.md promises.
 */
import type { StrictFlow, StrictStep } from "../../shared/scenario/strict-conversation.ts";

interface Wait {
  readonly what: "message" | "silence" | "reply" | "time";
  readonly name: string;
  /** The kind of message it is about. */
  readonly kind: string;
  readonly dueUs: number;
}

interface Thread {
  readonly play: Generator<Wait, void, "came" | null>;
  wait: Wait | null;
  /** Of those whose time is over in one millisecond, the one that has waited longest goes first. */
  since: number;
}

export interface Counts {
  started: number;
  completed: number;
  failed: number;
  arrived: number;
}

class Over extends Error {
  readonly policy: "restart" | "close";

  constructor(policy: "restart" | "close") {
    super(policy);
    this.policy = policy;
  }
}

const MAX_RESTARTS = 10;

export class FlowModel {
  readonly log: string[] = [];
  readonly counts = new Map<string, Counts>();
  nowUs = 0;
  #threads: Thread[] = [];
  #hasLeft = false;
  #sequence = 0;
  /** Messages sent that wait for a reply, in order; those that timed out stay, and take a late one. */
  readonly #pending: { readonly name: string; isExpired: boolean }[] = [];
  readonly #flow: StrictFlow;

  constructor(flow: StrictFlow) {
    this.#flow = flow;
  }

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  open(): void {
    this.#begin([this.#open()]);
  }

  turn(nowUs: number): void {
    this.nowUs = nowUs;
    // Replies that are overdue are settled first, whichever list waits for them.
    const waiting = (isReply: boolean) =>
      this.#threads.filter(({ wait }) => wait !== null && (wait.what === "reply") === isReply);
    for (const thread of waiting(true)) this.#lapse(thread);
    const rest = waiting(false).sort((a, b) => msOf(a) - msOf(b) || a.since - b.since);
    for (const thread of rest) this.#lapse(thread);
  }

  receive(nowUs: number, kind: string): void {
    this.nowUs = nowUs;
    const answered = this.#pending.findIndex(({ name }) => kind === `r ${name}`);
    for (const thread of [...this.#threads]) {
      if (thread.wait?.what !== "reply") this.#lapse(thread);
    }
    for (const thread of [...this.#threads]) {
      const { wait } = thread;
      // One that has left waits for nothing.
      if (this.#hasLeft) break;
      if (wait === null || wait.kind !== kind || wait.what === "reply") continue;
      this.#of(wait.name).arrived++;
      this.#advance(thread, "came");
    }
    if (answered < 0) return;
    const [record] = this.#pending.splice(answered, 1);
    const waiting = this.#threads.find(
      ({ wait }) => wait?.what === "reply" && wait.name === record?.name,
    );
    if (record?.isExpired || !waiting?.wait) return;
    this.#advance(waiting, waiting.wait.dueUs <= nowUs ? null : "came");
  }

  #lapse(thread: Thread): void {
    const { wait } = thread;
    if (wait === null || wait.dueUs > this.nowUs) return;
    if (wait.what === "reply") {
      const record = this.#pending.find(({ name, isExpired }) => name === wait.name && !isExpired);
      if (record) record.isExpired = true;
    }
    this.#advance(thread, null);
  }

  #begin(plays: readonly Thread["play"][]): void {
    for (const play of plays) {
      const thread: Thread = { play, wait: null, since: 0 };
      this.#threads.push(thread);
      this.#advance(thread, null);
    }
  }

  #advance(thread: Thread, came: "came" | null): void {
    if (this.#hasLeft) return;
    const before = thread.wait;
    thread.wait = null;
    const { value, done } = thread.play.next(came);
    if (this.#hasLeft || done) this.#threads = this.#threads.filter((one) => one !== thread);
    else {
      thread.wait = value as Wait;
      const goesOn = before?.name === thread.wait.name && before.dueUs === thread.wait.dueUs;
      if (!goesOn) thread.since = this.#sequence++;
    }
  }

  *#open(): Thread["play"] {
    yield* this.#list(this.#flow.open, MAX_RESTARTS);
    if (this.#hasLeft) return;
    this.#begin(
      this.#flow.loops
        .filter(({ steps }) => steps.length > 0)
        .map(({ steps }) => this.#loop(steps)),
    );
  }

  *#loop(steps: readonly StrictStep[]): Thread["play"] {
    while (!this.#hasLeft) yield* this.#list(steps, Number.POSITIVE_INFINITY);
  }

  *#list(steps: readonly StrictStep[], mayRestart: number): Thread["play"] {
    for (let restarts = 0; ; restarts++) {
      try {
        yield* this.#steps(steps);
        return;
      } catch (error) {
        if (!(error instanceof Over)) throw error;
        if (error.policy === "close" || restarts >= mayRestart) {
          this.#hasLeft = true;
          this.#threads = [];
          this.log.push(`${this.nowUs} left`);
          return;
        }
      }
    }
  }

  *#steps(steps: readonly StrictStep[]): Thread["play"] {
    for (const step of steps) {
      if (step.kind === "repeat") {
        for (let time = 0; time < (step.times ?? 0); time++) yield* this.#steps(step.steps);
      } else if (step.kind === "choose") yield* this.#steps(step.branches[0]?.steps ?? []);
      else if (step.kind === "wait") {
        const us = step.wait.kind === "fixed" ? step.wait.meanUs : 0;
        yield { what: "time", name: "", kind: "", dueUs: this.nowUs + us };
      } else if ("name" in step) yield* this.#named(step);
    }
  }

  *#named(step: StrictStep & { readonly name: string }): Thread["play"] {
    const { name } = step;
    const counts = this.#of(name);
    counts.started++;
    if (yield* this.#isDone(step)) {
      counts.completed++;
      return;
    }
    counts.failed++;
    const policy = "onFail" in step ? step.onFail : "skip";
    if (policy !== "skip") throw new Over(policy);
  }

  *#isDone(step: StrictStep & { readonly name: string }): Generator<Wait, boolean, "came" | null> {
    const { name } = step;
    if (step.kind === "send") {
      this.log.push(`${this.nowUs} ${name}`);
      if (step.reply.match === "none") return true;
      this.#pending.push({ name, isExpired: false });
      const dueUs = this.nowUs + step.reply.withinUs;
      return (yield { what: "reply", name, kind: "", dueUs }) === "came";
    }
    if (step.kind === "expect") {
      const dueUs = this.nowUs + step.withinUs;
      for (let left = step.times; left > 0; left--) {
        const came = yield { what: "message", name, kind: kindOf(step.where), dueUs };
        if (came === null) return step.optional;
      }
    }
    if (step.kind === "expectNot") {
      const dueUs = this.nowUs + step.forUs;
      return (yield { what: "silence", name, kind: kindOf(step.where), dueUs }) === null;
    }
    return true;
  }

  #of(name: string): Counts {
    const known = this.counts.get(name) ?? { started: 0, completed: 0, failed: 0, arrived: 0 };
    this.counts.set(name, known);
    return known;
  }
}

function msOf({ wait }: Thread): number {
  return Math.floor((wait?.dueUs ?? 0) / 1000);
}

/** `m.k == 'a'` -> `a`. */
function kindOf(where: string): string {
  return /'(.*)'/.exec(where)?.[1] ?? "";
}
