/** `expect`, and `optional`: waits for a message that was not asked for here. Listed in registry.ts. */
import * as z from "zod";
import { captures, condition, writtenCaptures } from "../../shape/expressions.ts";
import { about, byDefault, duration, strict } from "../../shape/fields.ts";
import type { StrictStep } from "../../strict-conversation.ts";
import { formatDuration } from "../../units.ts";
import {
  CONNECTED,
  onFail,
  policyOf,
  type StepPlace,
  stepKind,
  stepName,
  times,
  writtenName,
} from "./step.ts";

const MAX_TIMES = 100_000;

function keys() {
  return {
    name: stepName(),
    where: about(
      condition(),
      "CEL over m, text, size and conn: true of the message that is waited for.",
      "m.type == 'welcome'",
    ),
    within: byDefault(duration(), "10s", "How long to wait for it, all of them.", "2s"),
    times: times(MAX_TIMES, "How many such messages it takes."),
    capture: captures({ nonce: "m.nonce" }),
  };
}

type Written = z.output<ReturnType<typeof written>>;

function written() {
  return strict({
    ...keys(),
    optional: byDefault(z.boolean(), false, "That it does not come in time is no failure.", true),
    onFail: onFail(),
  });
}

function strictOf(value: Written, { name, list }: StepPlace): StrictStep {
  return {
    ...{ kind: "expect", name: value.name ?? name, where: value.where, withinUs: value.within },
    ...{ times: value.times, optional: value.optional, capture: value.capture },
    onFail: policyOf(value.onFail, list),
  };
}

function writtenOf({
  name,
  where,
  withinUs,
  times: count,
  capture,
}: Extract<StrictStep, { kind: "expect" }>) {
  const kept = writtenCaptures(capture);
  return {
    ...writtenName(name),
    ...{ where, within: formatDuration(withinUs), times: count },
    ...(kept === undefined ? {} : { capture: kept }),
  };
}

export const expect = stepKind({
  key: "expect",
  doc: "Waits for a message: the first of which `where` is true, from the end of the step before on.",
  example: { where: "m.type == 'welcome'", within: "2s", capture: { nonce: "m.nonce" } },
  lists: CONNECTED,
  shape: written,
  strict: strictOf,
  written: (step) => {
    if (step.kind !== "expect" || step.optional) return undefined;
    return { ...writtenOf(step), onFail: step.onFail };
  },
});

export const optional = stepKind({
  key: "optional",
  doc: "As expect, of a message that may not come: then the flow goes on after `within`.",
  example: { where: "m.type == 'notice'", within: "500ms" },
  lists: CONNECTED,
  shape: () => strict(keys()),
  strict: (value, place) => strictOf({ ...value, optional: true, onFail: undefined }, place),
  written: (step) => (step.kind === "expect" && step.optional ? writtenOf(step) : undefined),
});
