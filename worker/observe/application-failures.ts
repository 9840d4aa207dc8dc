/** `incoming.fail`: messages that say that something failed. Each is a failure of its name, with the message as its sample. */
import { compileMatch } from "../../shared/scenario/expression/message-expression.ts";
import { type Conversation, FailedMessage } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import { type MakeObserver, Seen } from "./observer.ts";

export const applicationFailures: MakeObserver = ({ scenario }) => {
  const rules = scenario.incoming.fail.map(({ name, where }) => {
    return { name, match: compileMatch(where) };
  });
  if (rules.length === 0) return null;
  const failed = new FailedMessage();
  failed.kind = "application-error";
  return {
    observe(conversation: Conversation, message: ReceivedMessage): Seen {
      // What failed is told of its request.
      if (message.isRejection) return Seen.no;
      for (const { name, match } of rules) {
        if (!match.test(message.m, null, message)) continue;
        failed.phase = message.phase;
        failed.label = name;
        failed.detail = message.text;
        conversation.onMessageFailure(failed);
        return Seen.yes;
      }
      return Seen.no;
    },
  };
};
