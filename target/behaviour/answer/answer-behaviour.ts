/**
 * What every behaviour of an agent's answer is: a file of this folder that exports one, and a line in registry.ts. The
 * document's schema, /stats, docs/target.md and the conformance test follow from the registry.
 * Invariant: it changes the list of events before the first is sent; a deed is counted with the first event after which a
 * client can know of it; where there is nothing to act on it returns null, and the rule acts on a later answer.
 */
import { z } from "zod";
import type { BehaviourMeta, GivenMeta } from "../behaviour-meta.ts";
import { picking } from "../dials.ts";

/** One event of an answer that is still to be told. */
export interface AnswerEvent {
  readonly type: string;
  /** On top of the gap. */
  readonly extraMs: number;
  /** What is counted when it is told; null for an event nothing was done to. */
  readonly deed: string | null;
  /** It is not told, only waited for: what was to be last was left out. */
  readonly silent: boolean;
}

export const AGENT_EVENTS = [
  "agent_started",
  "agent_thinking",
  "tool_executing",
  "tool_completed",
  "agent_completed",
] as const;
export const agentEvent = z.enum(AGENT_EVENTS);

export function plainEvent(type: string): AnswerEvent {
  return { type, extraMs: 0, deed: null, silent: false };
}

export interface AnswerBehaviour<Name extends string = string, Count extends string = string> {
  readonly meta: BehaviourMeta<Name, Count>;
  /** Schema of one rule. */
  readonly rule: z.ZodType;
  /** The events as they are to be told; null: this answer has nothing to act on. */
  act(events: readonly AnswerEvent[], given: unknown): readonly AnswerEvent[] | null;
}

export function answerBehaviour<
  const Name extends string,
  const Count extends string,
  Shape extends z.core.$ZodLooseShape,
>(
  meta: Omit<GivenMeta<Name, Count>, "most"> & { readonly shape: Shape },
  act: (
    events: readonly AnswerEvent[],
    given: z.output<z.ZodObject<Shape>>,
  ) => readonly AnswerEvent[] | null,
): AnswerBehaviour<Name, Count> {
  const { shape, ...rest } = meta;
  return {
    meta: { ...rest, most: 20 },
    rule: picking(shape),
    // What passed the schema is what it says.
    act: act as AnswerBehaviour["act"],
  };
}
