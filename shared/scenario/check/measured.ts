/**
 * What a run of the scenario will measure, for rules about it: thresholds and find-limit phases. Called by those two.
 * Invariant: of a section that has issues nothing is said, so that no rule is refused for what was only mistyped.
 */

import { eventName, rolesOf } from "../names.ts";
import { type Scene, writtenNames } from "../sections/section.ts";
import { isMapping } from "../shape/words.ts";
import type { StrictMessage, StrictThreshold } from "../strict.ts";
import type { StrictListen } from "../strict-conversation.ts";
import { targetName } from "../target-name.ts";
import { type MeasuredSteps, stepsMeasuredBy } from "./measured-steps.ts";

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
  readonly roles: readonly string[];
  /** What is sent, each with its role; null: nothing; undefined: unknown. */
  readonly messages: readonly RoleMessage[] | null | undefined;
  readonly heartbeat: boolean | undefined;
  /** What nobody asked for is audited. */
  readonly isAudited: boolean;
  readonly steps: MeasuredSteps;
}

export type RoleMessage = StrictMessage & { readonly role: string };

export function measuredBy(scene: Scene): Measured {
  const { scope, given, log } = scene;
  const { targets, integrity } = scope;
  const { order, isolation } = integrity;
  const roles = rolesOf(scope);
  const isSound = (...keys: string[]) => log.isSound(keys) && log.isSound(["roles"]);
  const messages = roles.flatMap((role) =>
    (role.messages?.mix ?? []).map((one) => ({ ...one, role: role.name })),
  );
  return {
    phases: writtenNames(given["load"], "phase"),
    names: [mixOf(given), ...roleMixes(given)].flatMap((mix) => writtenNames(mix, "name")),
    roles: isMapping(given["roles"]) ? Object.keys(given["roles"]) : [],
    events: eventNames(messages),
    listens: roleParts(given).flatMap((part) => writtenNames(part["listen"], "name")),
    listen: isSound("listen") ? roles.flatMap((role) => role.listen) : undefined,
    targets: targets.map(targetName),
    messages: isSound("messages") ? (messages.length === 0 ? null : messages) : undefined,
    heartbeat: isSound("connect", "heartbeat")
      ? roles.some(({ connect }) => connect.heartbeat !== null)
      : undefined,
    isAudited: order !== null || isolation.owner !== null || isolation.canary,
    steps: stepsMeasuredBy(scene),
  };
}

/** How many messages of that name and role, or of all, want a reply. */
export function awaitedBy(
  messages: readonly RoleMessage[],
  { name, role = null }: Pick<StrictThreshold["selector"], "name" | "role">,
): number {
  return messages.filter(
    (one) =>
      one.reply.match !== "none" &&
      (name === null || one.name === name) &&
      (role === null || one.role === role),
  ).length;
}

/** How many messages of that name and role, or of all, are followed by a sequence. */
export function sequencesBy(
  messages: readonly RoleMessage[],
  { name, role = null }: Pick<StrictThreshold["selector"], "name" | "role">,
): number {
  return messages.filter(
    (one) =>
      one.sequence !== null &&
      (name === null || one.name === name) &&
      (role === null || one.role === role),
  ).length;
}

function eventNames(messages: readonly RoleMessage[]): string[] {
  return messages.flatMap(({ sequence }) => {
    const steps = sequence?.steps ?? [];
    const parts = steps.flatMap((step) => (step.kind === "any" ? step.events : [step]));
    return parts.flatMap(({ event }) => [event, eventName(sequence?.name ?? "", event)]);
  });
}

/** The list of messages, whatever stands there. */
export function mixOf(given: Scene["given"]): unknown {
  return isMapping(given["messages"]) ? given["messages"]["mix"] : undefined;
}

function roleMixes({ roles }: Scene["given"]): unknown[] {
  const written = isMapping(roles) ? Object.values(roles) : [];
  return written.map((one) => (isMapping(one) ? mixOf(one) : undefined));
}

/** The document and its roles, as far as they are mappings. */
function roleParts(given: Scene["given"]): readonly Readonly<Record<string, unknown>>[] {
  const roles = isMapping(given["roles"]) ? Object.values(given["roles"]) : [];
  return [given, ...roles.filter(isMapping)];
}
