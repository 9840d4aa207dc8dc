/**
 * Says who got what of whom: a leak as a failure of its own, whose signature names both, so that leaks of other pairs are never
 * counted in its place, with the message as its sample. Called by owner-audit.ts and canary-search.ts.
 */
import {
  type CompiledReading,
  compileReading,
} from "../../shared/scenario/expression/message-expression.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { type Conversation, FailedMessage } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";

export class Leaks {
  readonly #failed = new FailedMessage();
  readonly #scope: CompiledReading | null;

  constructor({ integrity, listen }: StrictScenario) {
    const scope = integrity.order?.scope ?? listen.find((one) => one.scope !== null)?.scope ?? null;
    this.#scope = scope === null ? null : compileReading(scope);
    this.#failed.kind = "leaked";
  }

  /** @param whose the other user, as far as the message tells */
  report(conversation: Conversation, message: ReceivedMessage, whose: string): void {
    const scope = this.#scope?.read(message.m, null, message) ?? null;
    const failed = this.#failed;
    failed.phase = message.phase;
    failed.label = `connection ${conversation.index} got ${whose}${scope === null ? "" : `, scope ${JSON.stringify(scope)}`}`;
    failed.detail = message.text;
    conversation.onMessageFailure(failed);
  }
}
