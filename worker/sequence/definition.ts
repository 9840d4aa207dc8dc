/**
 * The sequences of a scenario, compiled for the engine. Made once by sequences.ts. Pure data and compiled expressions.
 * Invariant: positions are those of names.ts, so what is counted under them is found by everybody.
 */
import {
  type CompiledMatch,
  type CompiledReading,
  compileMatch,
  compileReading,
} from "../../shared/scenario/expression/message-expression.ts";
import { eventName, positionOf, rolesOf } from "../../shared/scenario/names.ts";
import {
  compileSequence,
  isSequenceFault,
  type SequenceAutomaton,
} from "../../shared/scenario/sequence-automaton.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { StrictSequence } from "../../shared/scenario/strict-message.ts";

export interface SequenceDefinition extends SequenceAutomaton {
  readonly name: string;
  readonly role: number;
  /** Names' positions: of the message that begins it, of itself, of its events. */
  readonly message: number;
  readonly position: number;
  readonly eventPositions: readonly number[];
  readonly withinUs: number;
  /** Infinity: no limit. */
  readonly gapUs: number;
  readonly key: CompiledMatch;
  /** The one field of a message that has to equal one of what was sent; null: the expression is tried on each open sequence. */
  readonly pair: { readonly field: string; readonly sentField: string } | null;
  /** Which of the readings gives an event's name. */
  readonly reading: number;
  /** Number of each event by its name. */
  readonly numbers: ReadonlyMap<string, number>;
}

export interface SequenceDefinitions {
  readonly all: readonly SequenceDefinition[];
  /** Each expression for names once. */
  readonly readings: readonly CompiledReading[];
  /** By position of a message: number of its sequence, or -1. */
  readonly byMessage: Int32Array;
}

/** null: the scenario has none. @param names how many there are */
export function definitionsOf(scenario: StrictScenario, names: number): SequenceDefinitions | null {
  const sources: string[] = [];
  const all = rolesOf(scenario).flatMap(({ messages }, role) =>
    (messages?.mix ?? []).flatMap(({ name, sequence }): SequenceDefinition[] => {
      if (sequence === null) return [];
      if (!sources.includes(sequence.event)) sources.push(sequence.event);
      const message = positionOf(scenario, { kind: "message", role, name });
      const reading = sources.indexOf(sequence.event);
      return [{ ...defined(scenario, sequence, role), role, message, reading }];
    }),
  );
  if (all.length === 0) return null;
  const byMessage = new Int32Array(names).fill(-1);
  all.forEach(({ message }, at) => {
    byMessage[message] = at;
  });
  return { all, readings: sources.map((source) => compileReading(source)), byMessage };
}

function defined(scenario: StrictScenario, sequence: StrictSequence, role: number) {
  const { name, withinUs, gapUs } = sequence;
  const automaton = compileSequence(sequence);
  // The checks have refused what has a fault.
  if (isSequenceFault(automaton)) throw new Error(`sequence ${name}: ${automaton.what}`);
  const key = compileMatch(sequence.key);
  const compared = key.fields?.filter(({ sentField }) => sentField !== null) ?? [];
  const [pair] = compared;
  return {
    ...automaton,
    ...{ name, withinUs, gapUs: gapUs ?? Number.POSITIVE_INFINITY, key },
    position: positionOf(scenario, { kind: "sequence", role, name }),
    eventPositions: automaton.events.map((event) =>
      positionOf(scenario, { kind: "event", role, name: eventName(name, event) }),
    ),
    pair: pair === undefined || compared.length > 1 ? null : pairOf(pair),
    numbers: new Map(automaton.events.map((event, number) => [event, number])),
  };
}

function pairOf({
  field,
  sentField,
}: {
  readonly field: string;
  readonly sentField: string | null;
}) {
  return { field, sentField: sentField ?? "" };
}
