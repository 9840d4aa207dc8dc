/**
 * What a thread of a flow decides: how long it waits, which branch it takes, whether it goes round again. Called by
 * interpreter.ts. Invariant: a draw is a function of the seed, of the connection and of how often its list has drawn on it
 * before, so it does not matter which engine makes it.
 */
import { connectionFields } from "../../shared/scenario/template/render.ts";
import { drawUnit, Stream } from "../../shared/time/random.ts";
import type { Conversation } from "../message/conversation.ts";
import { NONE } from "../message/pending-table.ts";
import type { ObserverContext } from "../observe/observer.ts";
import type { FlowStates } from "./flow-states.ts";
import { Field, Op, type Program, ROW, Wait } from "./program.ts";

export class Decisions {
  readonly #program: Program;
  readonly #states: FlowStates;
  readonly #context: Pick<ObserverContext, "scenario" | "captures" | "contextOf">;

  constructor(
    program: Program,
    states: FlowStates,
    context: Pick<ObserverContext, "scenario" | "captures" | "contextOf">,
  ) {
    this.#program = program;
    this.#states = states;
    this.#context = context;
  }

  /** Of the wait that the thread is at. */
  waitUs(conversation: Conversation, thread: number): number {
    const { code, times } = this.#program;
    const row = this.#states.pc[thread] as number;
    const fromUs = times[2 * row] as number;
    const toUs = times[2 * row + 1] as number;
    const kind = code[row * ROW + Field.first];
    if (kind === Wait.fixed) return fromUs;
    const unit = this.#draw(conversation, thread);
    return kind === Wait.exp ? -Math.log(1 - unit) * fromUs : fromUs + unit * (toUs - fromUs);
  }

  /** Goes on behind a row of a repetition or a choice. */
  jump(conversation: Conversation, thread: number): void {
    const states = this.#states;
    const { code } = this.#program;
    const at = (states.pc[thread] as number) * ROW;
    const first = code[at + Field.first] as number;
    const second = code[at + Field.second] as number;
    switch (code[at + Field.op]) {
      case Op.repeat:
        states.setTimesLeft(thread, first, second);
        break;
      case Op.again: {
        const left = states.timesLeft(thread, first);
        if (left === 0 || (second !== NONE && this.#holds(conversation, second))) {
          states.pc[thread] = code[at + Field.third] as number;
          return;
        }
        if (left !== NONE) states.setTimesLeft(thread, first, left - 1);
        break;
      }
      case Op.choose:
        states.pc[thread] = this.#chosenRow(conversation, thread, first);
        return;
      case Op.jump:
        states.pc[thread] = first;
        return;
    }
    states.next(thread);
  }

  #chosenRow(conversation: Conversation, thread: number, choice: number): number {
    const { weights = [], rows = [] } = this.#program.choices[choice] ?? {};
    const last = weights.length - 1;
    const point = this.#draw(conversation, thread) * (weights[last] ?? 0);
    let branch = 0;
    while (branch < last && point >= (weights[branch] as number)) branch++;
    return rows[branch] as number;
  }

  /** Whether an expression over the connection is true. */
  #holds(conversation: Conversation, match: number): boolean {
    const { contextOf, captures } = this.#context;
    const conn = connectionFields(contextOf(conversation), captures.names);
    const facts = { text: "", size: 0, conn };
    return this.#program.matches[match]?.test(null, null, facts) ?? false;
  }

  #draw({ index, incarnation, slot }: Conversation, thread: number): number {
    const { draws } = this.#states;
    const before = draws[thread] as number;
    draws[thread] = before + 1;
    const own = thread - slot * this.#program.threads;
    const counter = Math.imul(incarnation, 0x9e3779b1) ^ Math.imul(own + 1, 0x85ebca6b);
    return drawUnit(this.#context.scenario.seed, Stream.flow, index, (counter + before) >>> 0);
  }
}
