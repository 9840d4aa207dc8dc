/**
 * Runs the rows of the flow program for each thread of each connection. Called by flow-runner.ts. Data plane: a step is a row of
 * numbers, a thread a few numbers in flat arrays.
 * Invariant: a thread waits for one thing at a time and has one timer, which is set anew or taken back when that changes: no
 * time-out of one step ever meets another.
 * Bounds: MAX_ROWS in one go, MAX_RESTARTS of open, MAX_CLOSE_STEPS_US for close.
 */
import { MAX_CLOSE_STEPS_US } from "../../shared/scenario/limits.ts";
import type { TimerOwner } from "../engine/turn/timing-wheel.ts";
import type { Conversation } from "../message/conversation.ts";
import { NONE } from "../message/pending-table.ts";
import type { ObserverContext } from "../observe/observer.ts";
import { Decisions } from "./decisions.ts";
import { FlowStates, List, Waiting } from "./flow-states.ts";
import { Field, Op, Policy, type Program, ROW } from "./program.ts";
import type { StepResults } from "./step-results.ts";

/** Rows of the program that a thread does without letting others have their turn. */
const MAX_ROWS = 256;
const MAX_RESTARTS = 10;
/** Until a message is tried again that a full socket did not take. */
const RETRY_US = 10_000;
const NEXT_TURN_US = 1000;
const CLOSE_NORMAL = 1000;
const NEVER = Number.POSITIVE_INFINITY;

type Context = Omit<ObserverContext, "keepUnmatched"> & { readonly results: StepResults };

export class Interpreter implements TimerOwner {
  readonly states: FlowStates;
  readonly #program: Program;
  readonly #code: Int32Array;
  readonly #context: Context;
  readonly #results: StepResults;
  readonly #threads: number;
  readonly #decisions: Decisions;
  #nowUs = 0;
  #ownerOf: ((slot: number) => Conversation) | null = null;

  constructor(program: Program, context: Context) {
    this.#program = program;
    this.#code = program.code;
    this.#context = context;
    this.#results = context.results;
    this.#threads = program.threads;
    this.states = new FlowStates(program.levels);
    this.#decisions = new Decisions(program, this.states, context);
  }

  get nextDueUs(): number {
    return this.states.nextDueUs;
  }

  advance(nowUs: number, ownerOf: (slot: number) => Conversation): void {
    this.#nowUs = nowUs;
    this.#ownerOf = ownerOf;
    this.states.timers.advance(nowUs, this);
  }

  onTimer(thread: number): void {
    const conversation = this.#ownerOf?.(Math.floor(thread / this.#threads));
    if (conversation) this.due(conversation, thread, this.#nowUs);
  }

  /** A connection is open: nothing of what its slot was used for is left. */
  reset({ slot }: Conversation): void {
    const { states } = this;
    const first = slot * this.#threads;
    while (first + this.#threads > states.capacity) states.grow(states.capacity * 2);
    for (let thread = first; thread < first + this.#threads; thread++) states.reset(thread);
  }

  begin(
    conversation: Conversation,
    thread: number,
    at: { readonly start: number; readonly list: List; readonly nowUs: number },
  ): void {
    this.states.begin(thread, at);
    this.run(conversation, thread, at.nowUs);
  }

  beginLoops(conversation: Conversation, nowUs: number): void {
    const { loops = [] } = this.#program.entries[conversation.role] ?? {};
    const first = conversation.slot * this.#threads;
    for (let at = 0; at < loops.length; at++) {
      const start = loops[at] as number;
      if (start !== NONE) this.begin(conversation, first + at, { start, list: List.loop, nowUs });
    }
  }

  /** Ends all threads; `tell` is told of each step that has a name and is not over. */
  stop(
    { slot }: Conversation,
    tell: (name: number, thread: number, waiting: Waiting) => void,
  ): void {
    const { states } = this;
    const first = slot * this.#threads;
    for (let thread = first; thread < first + this.#threads; thread++) {
      if (states.pc[thread] === NONE) continue;
      const name = this.field(thread, Field.name);
      const waiting = states.waiting[thread] as Waiting;
      const isUnderWay = waiting !== Waiting.nothing && waiting !== Waiting.turn;
      this.states.idle(thread);
      if (name !== NONE && isUnderWay) tell(name, thread, waiting);
    }
  }

  /** Ends all threads by our own doing. */
  abandon(conversation: Conversation): void {
    const { phase } = this.states;
    this.stop(conversation, (name, thread) => this.#results.abandoned(name, phase[thread] ?? 0));
  }

  /** Of the row that a thread is at. */
  field(thread: number, field: number): number {
    return this.#code[(this.states.pc[thread] as number) * ROW + field] as number;
  }

  /** The step is over; run() goes on. @param tookUs null: no time that says anything */
  complete(thread: number, tookUs: number | null): void {
    const phase = this.states.phase[thread] as number;
    this.#results.completed(this.field(thread, Field.name), phase, tookUs);
    this.states.next(thread);
  }

  /** The step failed; run() goes on where there is something left to do. */
  fail(conversation: Conversation, thread: number, nowUs: number): void {
    const { states } = this;
    const policy = this.field(thread, Field.policy);
    this.#results.failed(this.field(thread, Field.name), states.phase[thread] as number);
    if (policy === Policy.skip) {
      this.states.next(thread);
      return;
    }
    const list = states.list[thread];
    if (
      policy === Policy.restart &&
      (list === List.loop || states.mayRestart(thread, MAX_RESTARTS))
    ) {
      states.restart(thread, nowUs);
      this.states.wait(thread, Waiting.nothing, NEVER);
      return;
    }
    this.states.idle(thread);
    if (list === List.close) conversation.onStepsDone();
    else {
      this.abandon(conversation);
      conversation.leave(CLOSE_NORMAL, true);
    }
  }

  /** The time of what a thread waits for is over. */
  due(conversation: Conversation, thread: number, nowUs: number): void {
    const { states } = this;
    const beganUs = states.beganUs[thread] as number;
    const listUs = nowUs - (states.listBeganUs[thread] as number);
    if (states.list[thread] === List.close && listUs >= MAX_CLOSE_STEPS_US) {
      this.abandon(conversation);
      conversation.onStepsDone();
      return;
    }
    switch (states.waiting[thread]) {
      case Waiting.time:
        this.states.next(thread);
        break;
      case Waiting.turn:
        this.states.wait(thread, Waiting.nothing, NEVER);
        break;
      case Waiting.silence:
        this.complete(thread, null);
        break;
      case Waiting.pong:
        this.#timeOut(conversation, thread, { nowUs, beganUs, detail: "no pong came" });
        break;
      case Waiting.message:
        if (this.field(thread, Field.optional) === 1) this.complete(thread, null);
        else this.#timeOut(conversation, thread, { nowUs, beganUs, detail: "" });
        break;
    }
    this.run(conversation, thread, nowUs);
  }

  run(conversation: Conversation, thread: number, nowUs: number): void {
    const { states } = this;
    for (let rows = 0; rows < MAX_ROWS; rows++) {
      if (states.pc[thread] === NONE) return;
      const waiting = states.waiting[thread];
      if (waiting !== Waiting.nothing && waiting !== Waiting.room) return;
      if (!this.#row(conversation, thread, nowUs)) return;
    }
    this.states.wait(thread, Waiting.turn, nowUs + NEXT_TURN_US);
  }

  /** @returns whether it may go on at once */
  #row(conversation: Conversation, thread: number, nowUs: number): boolean {
    switch (this.field(thread, Field.op)) {
      case Op.send:
        return this.#send(conversation, thread, nowUs);
      case Op.expect:
        this.states.left[thread] = this.field(thread, Field.second);
        return this.#beginWait(conversation, thread, { waiting: Waiting.message, nowUs });
      case Op.expectNot:
        return this.#beginWait(conversation, thread, { waiting: Waiting.silence, nowUs });
      case Op.ping:
        conversation.ping();
        return this.#beginWait(conversation, thread, { waiting: Waiting.pong, nowUs });
      case Op.wait:
        this.states.wait(
          thread,
          Waiting.time,
          nowUs + this.#decisions.waitUs(conversation, thread),
        );
        return false;
      case Op.mark:
        this.#start(conversation, thread, nowUs);
        this.complete(thread, nowUs - (this.states.listBeganUs[thread] as number));
        return true;
      case Op.close: {
        const code = this.field(thread, Field.first);
        this.abandon(conversation);
        conversation.leave(code, false);
        return false;
      }
      case Op.end:
        return this.#end(conversation, thread, nowUs);
      default:
        this.#decisions.jump(conversation, thread);
        return true;
    }
  }

  #send(conversation: Conversation, thread: number, nowUs: number): boolean {
    const { states } = this;
    const name = this.field(thread, Field.name);
    if (states.waiting[thread] !== Waiting.room) this.#start(conversation, thread, nowUs);
    const beganUs = states.beganUs[thread] as number;
    const isAwaited = this.field(thread, Field.first) === 1;
    this.states.wait(thread, isAwaited ? Waiting.reply : Waiting.nothing, NEVER);
    if (conversation.hasRoom && this.#context.send(conversation, name)) {
      if (!isAwaited) this.complete(thread, null);
      return !isAwaited;
    }
    const limitUs = beganUs + (this.#program.times[2 * (states.pc[thread] as number)] as number);
    if (nowUs < limitUs) {
      this.states.wait(thread, Waiting.room, nowUs + RETRY_US);
      return false;
    }
    this.#timeOut(conversation, thread, { nowUs, beganUs, detail: "the socket was full" });
    return true;
  }

  /** A list is at its end. */
  #end(conversation: Conversation, thread: number, nowUs: number): boolean {
    const { states } = this;
    if (states.list[thread] === List.loop) {
      states.restart(thread, nowUs);
      return true;
    }
    this.states.idle(thread);
    if (states.list[thread] === List.close) {
      conversation.onStepsDone();
      return false;
    }
    conversation.isOpening = false;
    conversation.onStepsDone();
    this.beginLoops(conversation, nowUs);
    return false;
  }

  #start(conversation: Conversation, thread: number, nowUs: number): void {
    const phase = this.#context.phaseAt(nowUs) + conversation.shift;
    this.states.beganUs[thread] = nowUs;
    this.states.phase[thread] = phase;
    this.#results.started(this.field(thread, Field.name), phase);
  }

  #beginWait(
    conversation: Conversation,
    thread: number,
    { waiting, nowUs }: { readonly waiting: Waiting; readonly nowUs: number },
  ): false {
    this.#start(conversation, thread, nowUs);
    const withinUs = this.#program.times[2 * (this.states.pc[thread] as number)] as number;
    this.states.wait(thread, waiting, nowUs + withinUs);
    return false;
  }

  #timeOut(
    conversation: Conversation,
    thread: number,
    { nowUs, beganUs, detail }: { nowUs: number; beganUs: number; detail: string },
  ): void {
    const name = this.field(thread, Field.name);
    const phase = this.states.phase[thread] as number;
    this.#results.tell(conversation, "step-timeout", { name, phase, beganUs, detail });
    this.fail(conversation, thread, nowUs);
  }
}
