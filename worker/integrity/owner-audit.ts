/**
 * `integrity.isolation.owner`: whose a message is. One that says that it is another user's is a leak: it is counted as that,
 * nobody else sees it, and it is named with both identities. Listed in worker/observe/registry.ts, ahead of all others.
 * Invariant: a message that lacks a field of the rule is not judged.
 */
import {
  type CompiledReading,
  compileMatch,
  compileReading,
} from "../../shared/scenario/expression/message-expression.ts";
import type { Conversation } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import { type MakeObserver, Seen } from "../observe/observer.ts";
import { COUNT } from "../record/recorder.ts";
import { Leaks } from "./leaks.ts";

export const ownerAudit: MakeObserver = ({ scenario, recorder }) => {
  const { owner } = scenario.integrity.isolation;
  if (owner === null) return null;
  const match = compileMatch(owner);
  // What the rule reads says whose the message is, and who got it.
  const identities = match.paths
    .filter(isIdentity)
    .map((path) => path.join("."))
    .map(compileReading);
  const leaks = new Leaks(scenario);
  return {
    observe(conversation: Conversation, message: ReceivedMessage): Seen {
      const isOwn = match.judge(message.m, null, message);
      if (isOwn === null) return Seen.no;
      recorder.count(message.phase, COUNT.owned, 1);
      if (isOwn) return Seen.no;
      leaks.report(conversation, message, saidBy(identities, message));
      return Seen.leaked;
    },
  };
};

/** The index of a connection names it already. */
function isIdentity(path: readonly string[]): boolean {
  return path.length > 1 && path.join(".") !== "conn.index";
}

/** "m.user user-4": what the fields of the rule are. */
function saidBy(identities: readonly CompiledReading[], message: ReceivedMessage): string {
  return identities
    .map((one) => `${one.source} ${JSON.stringify(one.read(message.m, null, message))}`)
    .join(", ");
}
