/** Answers in which an event, and what follows it, comes late. */
import { ms } from "../dials.ts";
import { agentEvent, answerBehaviour } from "./answer-behaviour.ts";

export const delayEvent = answerBehaviour(
  {
    name: "delay",
    shape: { event: agentEvent.default("agent_completed"), byMs: ms.default(1000) },
    counts: ["eventsDelayed"],
    doc: "the first `event` (agent_completed) waits `byMs` (1000) longer than its gap",
    example: { count: 1, byMs: 20 },
  },
  (events, { event, byMs }) => {
    const at = events.findIndex(({ type }) => type === event);
    const found = events[at];
    if (found === undefined) return null;
    const late = { ...found, extraMs: byMs, deed: "eventsDelayed" };
    return [...events.slice(0, at), late, ...events.slice(at + 1)];
  },
);
