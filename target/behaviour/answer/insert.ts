/** Answers with an event nobody has heard of. */
import { z } from "zod";
import { agentEvent, answerBehaviour, plainEvent } from "./answer-behaviour.ts";

export const insert = answerBehaviour(
  {
    name: "insert",
    shape: {
      event: z.string().min(1).max(64).default("agent_surprised"),
      before: agentEvent.default("agent_completed"),
    },
    counts: ["eventsInserted"],
    doc: "an `event` of any name (agent_surprised) comes `before` the first agent_completed, or another",
    example: { count: 1 },
  },
  (events, { event, before }) => {
    const at = events.findIndex(({ type }) => type === before);
    if (at < 0) return null;
    const extra = { ...plainEvent(event), deed: "eventsInserted" };
    return [...events.slice(0, at), extra, ...events.slice(at)];
  },
);
