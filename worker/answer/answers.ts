/**
 * `answers`: what a client sends back by itself. Listed in worker/observe/registry.ts. Bounds: one answer a message, the first
 * that is meant; one that finds the socket full is skipped and counted; a message of more than MAX_JSON_BYTES gets none, nor
 * does one that takes too many steps to look at: each is a failure of its own.
 */
import {
  type CompiledMatch,
  compileMatch,
} from "../../shared/scenario/expression/message-expression.ts";
import { positionsOf, rolesOf } from "../../shared/scenario/names.ts";
import { type Conversation, FailedMessage, type MessageFailure } from "../message/conversation.ts";
import { MAX_JSON_BYTES } from "../message/json-reading.ts";
import { NONE } from "../message/pending-table.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import {
  type MakeObserver,
  type MessageObserver,
  type ObserverContext,
  Seen,
} from "../observe/observer.ts";

interface Rule {
  readonly position: number;
  readonly match: CompiledMatch;
}

export const answers: MakeObserver = (context) => {
  const { scenario } = context;
  const rules = rolesOf(scenario).map(({ answers }, role): Rule[] => {
    const positions = positionsOf(scenario, "answer", role);
    return answers.map(({ where }, at) => {
      return { position: positions[at] as number, match: compileMatch(where) };
    });
  });
  return rules.every(({ length }) => length === 0) ? null : new Answers(rules, context);
};

class Answers implements MessageObserver {
  /** By role. */
  readonly #rules: readonly (readonly Rule[])[];
  readonly #context: ObserverContext;
  readonly #failed = new FailedMessage();

  constructor(rules: readonly (readonly Rule[])[], context: ObserverContext) {
    this.#rules = rules;
    this.#context = context;
  }

  observe(conversation: Conversation, message: ReceivedMessage, isReply: boolean): Seen {
    const rules = this.#rules[conversation.role] as readonly Rule[];
    if (rules.length === 0) return Seen.no;
    if (message.size > MAX_JSON_BYTES) {
      if (!isReply) this.#fail(conversation, message, "message-unread", NONE);
      return Seen.no;
    }
    for (const { position, match } of rules) {
      const isMeant = match.test(message.m, null, message);
      message.spend(match, position);
      if (message.costly === position) {
        this.#fail(conversation, message, "scenario-cost", position);
        return Seen.no;
      }
      if (!isMeant) continue;
      this.#answer(conversation, message, position);
      return Seen.yes;
    }
    return Seen.no;
  }

  #answer(conversation: Conversation, message: ReceivedMessage, position: number): void {
    const { contextOf, send } = this.#context;
    const rendering = contextOf(conversation);
    rendering.message = message;
    send(conversation, position);
    rendering.message = null;
  }

  #fail(
    conversation: Conversation,
    message: ReceivedMessage,
    kind: MessageFailure,
    name: number,
  ): void {
    const failed = this.#failed;
    failed.kind = kind;
    failed.name = name;
    failed.phase = message.phase;
    conversation.onMessageFailure(failed);
  }
}
