/**
 * `integrity.isolation.owner`: whose a message is. One that says that it is another user's is a leak: it is counted as that,
 * nobody else sees it, and it is named with both identities. Listed in worker/observe/registry.ts, ahead of all others.
 * Invariant: a message that lacks a field of the rule is not judged.
 */
import {
  type CompiledMatch,
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
  const field = onlyFieldOf(match);
  /** By slot: a value of that field that is the connection's own. */
  const own: unknown[] = [];
  return {
    opened({ slot }: Conversation): void {
      own[slot] = undefined;
    },
    observe(conversation: Conversation, message: ReceivedMessage): Seen {
      const said = field?.read(message.m, null, message) ?? undefined;
      const isKnown = said !== undefined && said === own[conversation.slot];
      const isOwn = isKnown || match.judge(message.m, null, message);
      if (isOwn === null) return Seen.no;
      recorder.count(message.phase, COUNT.owned, 1);
      if (isOwn) {
        if (typeof said !== "object") own[conversation.slot] = said;
        return Seen.no;
      }
      leaks.report(conversation, message, saidBy(identities, message));
      return Seen.leaked;
    },
  };
};

/** The field that alone decides, for one connection: what the rule reads but its index and name; null: there is more to it. */
function onlyFieldOf({ source, paths }: CompiledMatch): CompiledReading | null {
  const field = paths.find(([root]) => root === "m")?.join(".");
  if (field === undefined) return null;
  const rest = source
    .replaceAll(/'[^']*'|"[^"]*"/g, "")
    .split(
      new RegExp(`\\b${field.replaceAll(".", "\\.")}\\b(?!\\s*[.[(])|\\bconn\\.(?:index|id)\\b`),
    );
  return /\b(?:m|conn|text|size|sent)\b/.test(rest.join(" ")) ? null : compileReading(field);
}

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
