/**
 * What becomes of the steps of a flow: their counts, times and failures. Called by flow-runner.ts. Invariants: a step that has begun
 * ends as exactly one of completed, failed and abandoned, in the phase in which it began, or, where a fault acts on its connection
 * meanwhile, in the phase apart; a reply that did not come, and one that said no, are told by the settlement of its message, and not
 * again.
 */
import type { CompiledMatch } from "../../shared/scenario/expression/message-expression.ts";
import { type Conversation, FailedMessage, type MessageFailure } from "../message/conversation.ts";
import { NONE } from "../message/pending-table.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import type { ObserverContext } from "../observe/observer.ts";
import { METRIC, NAME } from "../record/recorder.ts";

export class StepResults {
  readonly #context: ObserverContext;
  readonly #failed = new FailedMessage();

  constructor(context: ObserverContext) {
    this.#context = context;
  }

  started(name: number, phase: number): void {
    this.#count(name, phase, NAME.started);
  }

  /** @param tookUs null: no time that says anything */
  completed(name: number, phase: number, tookUs: number | null): void {
    this.#count(name, phase, NAME.completed);
    if (tookUs !== null) this.#context.recorder.namedValue(METRIC.step, phase, name, tookUs);
  }

  failed(name: number, phase: number): void {
    this.#count(name, phase, NAME.failed);
  }

  /** The plan, or we, ended it before it was over. */
  abandoned(name: number, phase: number): void {
    this.#count(name, phase, NAME.abandoned);
  }

  /** A message came that was waited for. */
  arrived(name: number, phase: number): void {
    this.#count(name, phase, NAME.arrived);
  }

  /** @param detail "": what came instead, as far as it is known */
  tell(
    conversation: Conversation,
    kind: MessageFailure,
    failure: {
      readonly name: number;
      readonly phase: number;
      readonly beganUs: number;
      readonly detail: string;
    },
  ): void {
    const failed = this.#failed;
    failed.kind = kind;
    failed.name = failure.name;
    failed.detail = failure.detail;
    failed.phase = failure.phase;
    failed.sentUs = failure.beganUs;
    conversation.onMessageFailure(failed);
  }

  /** Whether the message is the one; an expression that takes too much over a message is told, and no other is tried on it. */
  matches(
    conversation: Conversation,
    match: CompiledMatch,
    { name, message }: { readonly name: number; readonly message: ReceivedMessage },
  ): boolean {
    if (message.costly !== NONE) return false;
    const isIt = match.test(message.m, null, message);
    message.spend(match, name);
    if (message.costly === name) {
      const { phase, nowUs } = message;
      this.tell(conversation, "scenario-cost", { name, phase, beganUs: nowUs, detail: "" });
    }
    return isIt;
  }

  #count(name: number, phase: number, counter: number): void {
    this.#context.recorder.countName(phase, name, counter);
  }
}
