/**
 * Where {{canary}} goes. A scenario that writes it somewhere decides itself; else it is put into every JSON map that is sent,
 * as the field FIELD. Called by sections/integrity.ts and by the worker's payloads. Pure.
 */
import { namesOf } from "../names.ts";
import { isMapping } from "../shape/words.ts";
import type { StrictScenario, StrictSend } from "../strict.ts";

const FIELD = "_canary";
const MARK = "{{canary}}";
const WRITTEN = /\{\{\s*canary\s*\}\}/;

/** Something that is sent carries the mark of its user. */
export function plantsMarks(scenario: StrictScenario): boolean {
  return (
    isWritten(scenario) ||
    namesOf(scenario).some(({ send }) => send?.kind === "json" && isMapping(send.value))
  );
}

/** As it is sent: with the mark, where it is the scenario's wish and not written there. */
export function planted(send: StrictSend, scenario: StrictScenario): StrictSend {
  if (!scenario.integrity.isolation.canary || isWritten(scenario)) return send;
  if (send.kind !== "json" || !isMapping(send.value)) return send;
  return { kind: "json", value: { ...send.value, [FIELD]: MARK } };
}

const known = new WeakMap<StrictScenario, boolean>();

/** The scenario says itself where its marks go. */
function isWritten(scenario: StrictScenario): boolean {
  const written =
    known.get(scenario) ?? namesOf(scenario).some(({ send }) => send !== null && holds(send));
  known.set(scenario, written);
  return written;
}

function holds(send: StrictSend): boolean {
  if (send.kind === "text") return WRITTEN.test(send.text);
  return send.kind === "json" && WRITTEN.test(JSON.stringify(send.value) ?? "");
}
