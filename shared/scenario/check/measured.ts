/**
 * What a run of the scenario will measure, for rules about it: thresholds and find-limit phases. Called by those two.
 * Invariant: of a section that has issues nothing is said, so that no rule is refused for what was only mistyped.
 */

import { eventName } from "../names.ts";
import { type Scene, writtenNames } from "../sections/section.ts";
import { isMapping } from "../shape/words.ts";
import type { StrictMessages } from "../strict.ts";
import type { StrictListen } from "../strict-conversation.ts";

export interface Measured {
  /** Names as written, also of phases and messages that have issues. */
  readonly phases: readonly string[];
  readonly names: readonly string[];
  /** Of sequences: `EVENT` and `SEQUENCE/EVENT`. */
  readonly events: readonly string[];
  /** Names of what is listened for, and of that which has a key, or a time; undefined: unknown. */
  readonly listens: readonly string[];
  readonly listen: readonly StrictListen[] | undefined;
  /** Labels of the targets, the URL of one that has none. */
  readonly targets: readonly string[];
  /** null: nothing is sent; undefined: unknown. */
  readonly messages: StrictMessages | null | undefined;
  readonly heartbeat: boolean | undefined;
  /** What nobody asked for is audited. */
  readonly isAudited: boolean;
}

export function measuredBy({ scope, given, log }: Scene): Measured {
  const { messages, connect, targets, integrity } = scope;
  const { order, isolation } = integrity;
  return {
    phases: writtenNames(given["load"], "phase"),
    names: writtenNames(mixOf(given), "name"),
    events: eventNames(messages),
    listens: writtenNames(given["listen"], "name"),
    listen: log.isSound(["listen"]) ? scope.listen : undefined,
    targets: targets.map(({ label, url }) => label || url),
    messages: log.isSound(["messages"]) ? messages : undefined,
    heartbeat: log.isSound(["connect", "heartbeat"]) ? connect.heartbeat !== null : undefined,
    isAudited: order !== null || isolation.owner !== null || isolation.canary,
  };
}

/** How many messages of that name, or of all, want a reply. */
export function awaitedBy({ mix }: StrictMessages, name: string | null): number {
  return mix.filter((one) => one.reply.match !== "none" && (name === null || one.name === name))
    .length;
}

/** How many messages of that name, or of all, are followed by a sequence. */
export function sequencesBy({ mix }: StrictMessages, name: string | null): number {
  return mix.filter((one) => one.sequence !== null && (name === null || one.name === name)).length;
}

function eventNames(messages: StrictMessages | null): string[] {
  return (messages?.mix ?? []).flatMap(({ sequence }) => {
    const steps = sequence?.steps ?? [];
    const parts = steps.flatMap((step) => (step.kind === "any" ? step.events : [step]));
    return parts.flatMap(({ event }) => [event, eventName(sequence?.name ?? "", event)]);
  });
}

/** The list of messages, whatever stands there. */
export function mixOf(given: Scene["given"]): unknown {
  return isMapping(given["messages"]) ? given["messages"]["mix"] : undefined;
}
