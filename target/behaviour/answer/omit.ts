/** Answers that lack an event. */
import { agentEvent, answerBehaviour } from "./answer-behaviour.ts";

export const omit = answerBehaviour(
  {
    name: "omit",
    shape: { event: agentEvent.default("agent_thinking") },
    counts: ["eventsOmitted"],
    doc: "the first `event` (agent_thinking) is left out",
    example: { count: 1 },
  },
  (events, { event }) => {
    const at = events.findIndex(({ type }) => type === event);
    const left = events[at];
    if (left === undefined) return null;
    const next = events[at + 1];
    const marked =
      next === undefined
        ? { ...left, silent: true, deed: "eventsOmitted" }
        : { ...next, deed: "eventsOmitted" };
    return [...events.slice(0, at), marked, ...events.slice(at + 2)];
  },
);
