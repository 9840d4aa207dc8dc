/**
 * Everything in a scenario that has counts and times of its own, in one order: frames, journals and results mean a position
 * in this list. Called by the worker and the coordinator. Pure. Invariant: the messages of a scenario without roles come
 * first, in their order; two scenarios that are equal have equal lists.
 */
import { type FaultWindow, faultWindows } from "./fault-windows.ts";
import { HOOK_FUNCTIONS } from "./hook-functions.ts";
import type { Outcome } from "./sections/faults/outcome.ts";
import { faultKindOf } from "./sections/faults/registry.ts";
import type { StrictReply, StrictScenario, StrictSend, StrictThreshold } from "./strict.ts";
import type { StrictRole, StrictStep } from "./strict-conversation.ts";

/**
 * message: of the mix. step: a step that sends. wait: a step that only waits, for a message, a pong or an
 * HTTP answer, or a mark.
 * answer: sent by itself. listen: pushed messages. sequence, and event: one of it, `NAME/EVENT` in full.
 * hook: a function of the hooks file; fault: a time that a fault acts (fault-windows.ts); outcome: what the target did to those
 * it hit, `FAULT/OUTCOME` in full. Those three are none of a role's, and come last.
 */
export type NameKind =
  | "message"
  | "step"
  | "wait"
  | "answer"
  | "listen"
  | "sequence"
  | "event"
  | "hook"
  | "fault"
  | "outcome";

export interface NamedPart {
  readonly name: string;
  readonly kind: NameKind;
  /** Position among rolesOf. */
  readonly role: number;
  /** What it sends; null: nothing. */
  readonly send: StrictSend | null;
  readonly reply: StrictReply;
}

const NO_REPLY: StrictReply = { match: "none" };

/** The kinds of users of a scenario, one at least. */
export function rolesOf(scenario: StrictScenario): readonly StrictRole[] {
  if (scenario.roles.length > 0) return scenario.roles;
  const { connect, messages, flow, listen, answers } = scenario;
  return [{ name: "", share: 1, connect, messages, flow, listen, answers }];
}

const known = new WeakMap<StrictScenario, readonly NamedPart[]>();

/** @returns the same list for the same object */
export function namesOf(scenario: StrictScenario): readonly NamedPart[] {
  const made = known.get(scenario) ?? [
    ...rolesOf(scenario).flatMap(partsOf),
    ...hookParts(scenario),
    ...faultParts(scenario),
  ];
  known.set(scenario, made);
  return made;
}

export type NameMetric = "latency" | "step" | "push" | "sequence" | "event" | "hook" | "restore";

/** What its times are recorded as. */
export function metricOf({ kind }: Pick<NamedPart, "kind">): NameMetric {
  switch (kind) {
    case "wait":
      return "step";
    case "listen":
      return "push";
    case "sequence":
      return "sequence";
    case "event":
      return "event";
    case "hook":
      return "hook";
    case "fault":
      return "restore";
    default:
      return "latency";
  }
}

/** Positions of a role's parts of one kind, in the scenario's order. */
export function positionsOf(
  scenario: StrictScenario,
  kind: NameKind,
  role: number,
): readonly number[] {
  return namesOf(scenario).flatMap((part, at) =>
    part.kind === kind && part.role === role ? [at] : [],
  );
}

/** Position of a part; -1 when there is none. */
export function positionOf(
  scenario: StrictScenario,
  { kind, role, name }: Pick<NamedPart, "kind" | "role" | "name">,
): number {
  return namesOf(scenario).findIndex(
    (part) => part.kind === kind && part.role === role && part.name === name,
  );
}

/** A name that messages are sent by, or a step that waits, and its positions: one for each role that has it. */
export interface SentName {
  readonly name: string;
  readonly kind: NameKind;
  readonly positions: readonly number[];
  readonly isAwaited: boolean;
  /** A reply may say that what was asked for failed. */
  readonly isRejectable: boolean;
}

const NO_POSITIONS = { positions: [], isAwaited: false, isRejectable: false } as const;

/** What is sent by the mix, by steps and as answers, and steps that wait; each name once, in order. */
export function sentNames(scenario: StrictScenario): readonly SentName[] {
  const byName = new Map<string, SentName>();
  for (const [at, { name, kind, send, reply }] of namesOf(scenario).entries()) {
    if (send === null && kind !== "wait") continue;
    const before = byName.get(name);
    const known = before ?? NO_POSITIONS;
    byName.set(name, {
      name,
      kind: before === undefined ? kind : together(before.kind, kind),
      positions: [...known.positions, at],
      isAwaited: known.isAwaited || reply.match !== "none",
      isRejectable: known.isRejectable || (reply.match !== "none" && reply.fail !== null),
    });
  }
  return [...byName.values()];
}

/** What a name is that is of two kinds in two roles: a step where it is a step in one, so that what became of it is told. */
function together(one: NameKind, other: NameKind): NameKind {
  const isStep = [one, other].some((kind) => kind === "step" || kind === "wait");
  return isStep && one !== other ? "step" : other;
}

/** Positions of what a rule selects by name, event and role; null: it selects by none of them. */
export function selectedNames(
  scenario: StrictScenario,
  { name, event, role }: Pick<StrictThreshold["selector"], "name" | "event" | "role">,
): readonly number[] | null {
  if (name == null && event == null && role == null) return null;
  const roles = rolesOf(scenario);
  return namesOf(scenario).flatMap((part, at) => {
    if (role != null && roles[part.role]?.name !== role) return [];
    if (name != null && part.name !== name) return [];
    const isEvent =
      part.kind === "event" && (part.name === event || part.name.endsWith(`/${event}`));
    return event == null || isEvent ? [at] : [];
  });
}

/** How an event of a sequence is called among all names. */
export function eventName(sequence: string, event: string): string {
  return `${sequence}/${event}`;
}

function hookParts({ hooks }: StrictScenario): NamedPart[] {
  if (hooks === null) return [];
  return HOOK_FUNCTIONS.map((name) => {
    return { name, kind: "hook", role: 0, send: null, reply: NO_REPLY };
  });
}

/** Of each window its own, then its outcomes: faults that are asked for while a run goes on come behind all others. */
function faultParts(scenario: StrictScenario): NamedPart[] {
  return faultWindows(scenario).flatMap(({ id, fault }) => {
    const outcomes = faultKindOf(fault.act.kind).tells ?? [];
    return [
      { name: id, kind: "fault", role: 0, send: null, reply: NO_REPLY } as const,
      ...outcomes.map((outcome): NamedPart => {
        return { name: `${id}/${outcome}`, kind: "outcome", role: 0, send: null, reply: NO_REPLY };
      }),
    ];
  });
}

/** Positions of the windows of faults, by their place among all windows. */
export function faultNames(scenario: StrictScenario): readonly number[] {
  return [...namesOf(scenario).entries()].flatMap(([at, { kind }]) => (kind === "fault" ? at : []));
}

/** Positions of the outcomes of a window, in the order of its kind; none for a kind without them. */
export function outcomesOf(
  scenario: StrictScenario,
  { id, fault }: Pick<FaultWindow, "id" | "fault">,
): ReadonlyMap<Outcome, number> {
  const names = new Map(namesOf(scenario).map(({ name, kind }, at) => [`${kind} ${name}`, at]));
  const outcomes = faultKindOf(fault.act.kind).tells ?? [];
  return new Map(outcomes.map((outcome) => [outcome, names.get(`outcome ${id}/${outcome}`) ?? -1]));
}

function partsOf({ messages, flow, listen, answers }: StrictRole, role: number): NamedPart[] {
  const mix = messages?.mix ?? [];
  const silent = (name: string, kind: NameKind): NamedPart => {
    return { name, kind, role, send: null, reply: NO_REPLY };
  };
  const lists = [flow?.before, flow?.open, ...(flow?.loops ?? []).map(({ steps }) => steps)];
  return [
    ...mix.map(
      ({ name, send, reply }): NamedPart => ({ name, kind: "message", role, send, reply }),
    ),
    ...[...lists, flow?.close].flatMap((steps) => stepParts(steps ?? [], role)),
    ...answers.map(({ name, send }): NamedPart => {
      return { name, kind: "answer", role, send, reply: NO_REPLY };
    }),
    ...listen.map(({ name }) => silent(name, "listen")),
    ...mix.flatMap(({ sequence }) => {
      if (sequence === null) return [];
      const events = sequence.steps.flatMap((step) => (step.kind === "any" ? step.events : [step]));
      const names = [...new Set(events.map(({ event }) => event))];
      return [
        silent(sequence.name, "sequence"),
        ...names.map((event) => silent(eventName(sequence.name, event), "event")),
      ];
    }),
  ];
}

function stepParts(steps: readonly StrictStep[], role: number): NamedPart[] {
  return steps.flatMap((step): NamedPart[] => {
    switch (step.kind) {
      case "send":
        return [{ name: step.name, kind: "step", role, send: step.send, reply: step.reply }];
      case "expect":
      case "expectNot":
      case "ping":
      case "mark":
      case "http":
        return [{ name: step.name, kind: "wait", role, send: null, reply: NO_REPLY }];
      case "repeat":
        return stepParts(step.steps, role);
      case "choose":
        return step.branches.flatMap((branch) => stepParts(branch.steps, role));
      default:
        return [];
    }
  });
}
