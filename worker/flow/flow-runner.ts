/**
 * `flow`: takes connections through their steps: open after each connect, then loops side by side, close before a planned close.
 * Listed in worker/observe/registry.ts; the hooks are called by connections and the correlator, the steps themselves are
 * interpreter.ts. Invariant: what a step waits for is waited for from the very end of the step before, so that no message is
 * missed between two steps, and one that came later than a step's end belongs to what follows.
 */
import type { Conversation } from "../message/conversation.ts";
import { NONE } from "../message/pending-table.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import {
  type MakeObserver,
  type MessageObserver,
  type ObserverContext,
  Seen,
} from "../observe/observer.ts";
import { type FlowStates, List, Waiting } from "./flow-states.ts";
import { Interpreter } from "./interpreter.ts";
import { compileFlows, type Entry, Field, type Program } from "./program.ts";
import { StepResults } from "./step-results.ts";

export const flows: MakeObserver = (context) => {
  const program = compileFlows(context.scenario, context.captures);
  return program === null ? null : new FlowRunner(program, context);
};

class FlowRunner implements MessageObserver {
  readonly #program: Program;
  readonly #context: ObserverContext;
  readonly #results: StepResults;
  readonly #interpreter: Interpreter;
  readonly #states: FlowStates;

  constructor(program: Program, context: ObserverContext) {
    this.#program = program;
    this.#context = context;
    this.#results = new StepResults(context);
    this.#interpreter = new Interpreter(program, { ...context, results: this.#results });
    this.#states = this.#interpreter.states;
  }

  get nextDueUs(): number {
    return this.#interpreter.nextDueUs;
  }

  expire(nowUs: number, ownerOf: (slot: number) => Conversation): void {
    this.#interpreter.advance(nowUs, ownerOf);
  }

  opened(conversation: Conversation, nowUs: number): void {
    this.#interpreter.reset(conversation);
    const { open } = this.#entryOf(conversation);
    if (open === NONE) {
      this.#interpreter.beginLoops(conversation, nowUs);
      return;
    }
    conversation.isOpening = true;
    this.#interpreter.begin(conversation, this.#firstOf(conversation), {
      ...{ start: open, list: List.open, nowUs },
    });
  }

  observe(conversation: Conversation, message: ReceivedMessage, isReply: boolean): Seen {
    const states = this.#states;
    const first = this.#firstOf(conversation);
    let seen: Seen = Seen.no;
    if (first >= states.capacity) return seen;
    // What came later than the end of a step belongs to what follows.
    for (let thread = first; thread < first + this.#program.threads; thread++) {
      if (states.pc[thread] === NONE || (states.dueUs[thread] as number) > message.judgedUs)
        continue;
      this.#interpreter.due(conversation, thread, message.nowUs);
    }
    // Loops that begin because of it do not see it.
    const threads = conversation.isOpening ? 1 : this.#program.threads;
    for (let thread = first; thread < first + threads; thread++) {
      if (states.pc[thread] === NONE) continue;
      const waiting = states.waiting[thread];
      if (waiting !== Waiting.message && waiting !== Waiting.silence) continue;
      if (this.#look(conversation, thread, message)) seen = Seen.yes;
      else if (!isReply && waiting === Waiting.message) {
        this.#context.keepUnmatched(conversation, states.beganUs[thread] as number);
      }
    }
    return seen;
  }

  settled(conversation: Conversation, position: number, isAnswered: boolean): void {
    const states = this.#states;
    const first = this.#firstOf(conversation);
    if (first >= states.capacity) return;
    const nowUs = this.#context.nowUs();
    for (let thread = first; thread < first + this.#program.threads; thread++) {
      if (states.waiting[thread] !== Waiting.reply) continue;
      if (this.#interpreter.field(thread, Field.name) !== position) continue;
      // Its time is a latency, and recorded as such.
      if (isAnswered) this.#interpreter.complete(thread, null);
      else this.#interpreter.fail(conversation, thread, nowUs);
      this.#interpreter.run(conversation, thread, nowUs);
    }
  }

  ponged(conversation: Conversation): void {
    const states = this.#states;
    const first = this.#firstOf(conversation);
    if (first >= states.capacity) return;
    const nowUs = this.#context.nowUs();
    for (let thread = first; thread < first + this.#program.threads; thread++) {
      if (states.waiting[thread] !== Waiting.pong) continue;
      this.#interpreter.complete(thread, nowUs - (states.beganUs[thread] as number));
      this.#interpreter.run(conversation, thread, nowUs);
    }
  }

  draining(conversation: Conversation): void {
    const first = this.#firstOf(conversation);
    if (first >= this.#states.capacity) return;
    this.#interpreter.abandon(conversation);
    // One that never came to its end has nothing to take leave of.
    if (conversation.isOpening) this.#states.list[first] = List.close;
    conversation.isOpening = false;
  }

  closing(conversation: Conversation, nowUs: number): boolean {
    const { close: start } = this.#entryOf(conversation);
    const thread = this.#firstOf(conversation);
    if (start === NONE || thread >= this.#states.capacity) return false;
    if (this.#states.list[thread] !== List.close) {
      this.#interpreter.begin(conversation, thread, { start, list: List.close, nowUs });
    }
    return this.#states.pc[thread] !== NONE;
  }

  ended(conversation: Conversation, _nowUs: number, cutByUs: boolean): void {
    conversation.isOpening = false;
    if (this.#firstOf(conversation) >= this.#states.capacity) return;
    if (cutByUs) {
      this.#interpreter.abandon(conversation);
      return;
    }
    const results = this.#results;
    const states = this.#states;
    this.#interpreter.stop(conversation, (name, thread, waiting) => {
      const phase = states.phase[thread] as number;
      const beganUs = states.beganUs[thread] as number;
      if (waiting === Waiting.silence) {
        results.abandoned(name, phase);
        return;
      }
      results.failed(name, phase);
      // That its reply did not come is told of the message.
      if (waiting === Waiting.reply) return;
      const detail = "the connection ended";
      results.tell(conversation, "step-unexpected", { name, phase, beganUs, detail });
    });
  }

  disturbed(conversation: Conversation, by: number): void {
    const { phase, capacity } = this.#states;
    const first = this.#firstOf(conversation);
    for (let thread = first; thread < Math.min(capacity, first + this.#program.threads); thread++) {
      if ((phase[thread] as number) < by) phase[thread] = (phase[thread] as number) + by;
    }
  }

  #firstOf({ slot }: Conversation): number {
    return slot * this.#program.threads;
  }

  #entryOf({ role }: Conversation): Entry {
    return this.#program.entries[role] as Entry;
  }

  /** @returns whether the message is about the step */
  #look(conversation: Conversation, thread: number, message: ReceivedMessage): boolean {
    const states = this.#states;
    const interpreter = this.#interpreter;
    const name = interpreter.field(thread, Field.name);
    const match = this.#program.matches[interpreter.field(thread, Field.first)];
    if (!match || !this.#results.matches(conversation, match, { name, message })) return false;
    const beganUs = states.beganUs[thread] as number;
    const { nowUs } = message;
    const phase = states.phase[thread] as number;
    this.#results.arrived(name, phase);
    if (states.waiting[thread] === Waiting.silence) {
      const detail = message.text;
      this.#results.tell(conversation, "step-unexpected", { name, phase, beganUs, detail });
      interpreter.fail(conversation, thread, nowUs);
      interpreter.run(conversation, thread, nowUs);
      return true;
    }
    const left = (states.left[thread] as number) - 1;
    states.left[thread] = left;
    this.#capture(conversation, thread, message);
    if (left > 0) return true;
    interpreter.complete(thread, nowUs - beganUs);
    interpreter.run(conversation, thread, nowUs);
    return true;
  }

  #capture(conversation: Conversation, thread: number, message: ReceivedMessage): void {
    const list = this.#program.captures[this.#interpreter.field(thread, Field.third)];
    if (!list) return;
    if (this.#context.captures.keep(conversation, list, message, null) === "") return;
    const name = this.#interpreter.field(thread, Field.name);
    const { phase, nowUs: beganUs, text: detail } = message;
    this.#results.tell(conversation, "capture", { name, phase, beganUs, detail });
  }
}
