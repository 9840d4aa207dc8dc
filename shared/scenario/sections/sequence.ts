/**
 * `sequence` of a message: the events that follow it, in order. Called by messages.ts. Invariant: the automaton of a sequence
 * that passes is within its bounds, and its key can be told from what is sent.
 */
import * as z from "zod";
import { compileMatch } from "../expression/message-expression.ts";
import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { compileSequence, isSequenceFault } from "../sequence-automaton.ts";
import { condition, reading } from "../shape/expressions.ts";
import {
  about,
  byDefault,
  duration,
  fault,
  list,
  strict,
  tagged,
  text,
  whole,
} from "../shape/fields.ts";
import type { StrictSend } from "../strict.ts";
import type { StrictSequence, StrictSequenceStep } from "../strict-message.ts";
import { didYouMean } from "../suggest.ts";
import { formatDuration, quoted } from "../units.ts";

const DEFAULT_WITHIN_US = 30_000_000;
const MAX_TIMES = 1000;
const MAX_STEPS = 200;
const MAX_ANY = 16;
const MAX_EVENT_CHARS = 64;

type Counted = { readonly event: string; readonly least: number; readonly most: number };

/** `3`, or `0..5`. */
function times() {
  const range = tagged(z.string(), { pattern: "^([0-9]+(\\.\\.[0-9]+)?|.*\\{\\{.*)$" });
  return z.union([whole(1, MAX_TIMES), range]).transform((value, context) => {
    if (typeof value === "number") return { least: value, most: value };
    const [, from = "", to = from] = /^(\d{1,4})(?:\.\.(\d{1,4}))?$/.exec(value.trim()) ?? [];
    const [least, most] = [Number(from), Number(to)];
    if (from !== "" && least <= most && most > 0 && most <= MAX_TIMES) return { least, most };
    const hint = `write a number, or FROM..TO such as 0..5, up to ${MAX_TIMES}`;
    return fault(context, [`not how often an event comes: ${quoted(value)}`, hint]);
  });
}

function eventName() {
  return text(MAX_EVENT_CHARS);
}

function counted() {
  return strict({
    event: about(eventName(), "Name of the event.", "tool_executing"),
    times: about(times().optional(), "How often it comes. Default: once.", "0..5", 3),
    optional: byDefault(z.boolean(), false, "It may be left out.", true),
  }).transform(({ event, times: range, optional }, context): Counted => {
    if (optional && range?.least === 0) {
      const what = "times says already that it may be left out";
      fault(context, [what, "remove optional"], { path: ["optional"] });
    }
    const { least = 1, most = 1 } = range ?? {};
    return { event, least: optional ? 0 : least, most };
  });
}

function once() {
  return eventName().transform((event): Counted => ({ event, least: 1, most: 1 }));
}

function group() {
  return strict({
    any: about(
      list(() => z.union([once(), counted()]), 1, MAX_ANY),
      "Events that come in any order among themselves.",
      ["profile_loaded", "settings_loaded"],
    ),
  }).transform(({ any: events }, context): StrictSequenceStep => {
    const twice = events.findIndex(({ event }, at) =>
      events.some((one, i) => i < at && one.event === event),
    );
    if (twice >= 0) {
      const what = `${quoted(events[twice]?.event ?? "")} is twice in the group`;
      fault(context, [what, "say how often it comes: times: 2"], { path: ["any", twice] });
    }
    return { kind: "any", events };
  });
}

function step() {
  const single = z.union([once(), counted()]);
  const ordered = single.transform((one): StrictSequenceStep => ({ kind: "event", ...one }));
  return z.union([ordered, group()]);
}

export function sequence() {
  return strict({
    key: about(
      condition(),
      "CEL over m and sent that is true of its events.",
      "m.request_id == sent.id",
    ),
    events: about(
      list(step, 1, MAX_STEPS),
      "The events in order: a name, a name with times, or any: a group in any order.",
      ["started", { event: "progress", times: "0..5" }, { any: ["saved", "indexed"] }, "completed"],
    ),
    name: byDefault(reading(), "m.type", "CEL over m: the name of an event.", "m.event.name"),
    within: about(
      duration().optional(),
      `From the message to the last event. Default: ${formatDuration(DEFAULT_WITHIN_US)}.`,
      "30s",
    ),
    gap: about(duration().optional(), "The longest time between two events.", "10s"),
  }).transform(({ key, events, name, within, gap }, context): Omit<StrictSequence, "name"> => {
    const made = compileSequence({ steps: events });
    if (isSequenceFault(made)) fault(context, [made.what, made.hint], { path: ["events"] });
    return {
      ...{ key, event: name, steps: events },
      withinUs: within ?? DEFAULT_WITHIN_US,
      gapUs: gap ?? null,
    };
  });
}

type Shape = ReturnType<typeof sequence>;

/** What is sent can be told by the key. */
export function checkKey(
  { key }: Pick<StrictSequence, "key">,
  send: StrictSend,
  { path, log }: { readonly path: Path; readonly log: IssueLog },
): void {
  const { fields, variables } = compileMatch(key);
  const at = [...path, "key"];
  if (!variables.has("sent")) return;
  if (send.kind === "binary" || send.kind === "bytes") {
    log.add(at, "a binary message has nothing for the key to compare with", "send json");
    return;
  }
  const value = send.kind === "json" ? send.value : null;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const known = Object.keys(value);
  const missing = fields?.find(({ sentField: one }) => one !== null && !known.includes(one));
  if (missing?.sentField == null) return;
  const what = `the message that is sent has no field ${quoted(missing.sentField)}`;
  log.add(at, what, didYouMean(missing.sentField, known));
}

export function writtenSequence({
  key,
  event,
  steps,
  withinUs,
  gapUs,
}: StrictSequence): z.input<Shape> {
  return {
    key,
    events: steps.map((one) =>
      one.kind === "any" ? { any: one.events.map(writtenEvent) } : writtenEvent(one),
    ),
    name: event,
    within: formatDuration(withinUs),
    ...(gapUs === null ? {} : { gap: formatDuration(gapUs) }),
  };
}

function writtenEvent({ event, least, most }: Counted) {
  if (least === 1 && most === 1) return event;
  if (least === 0 && most === 1) return { event, optional: true };
  return { event, times: least === most ? most : `${least}..${most}` };
}
