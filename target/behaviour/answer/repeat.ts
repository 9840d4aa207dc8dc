/** Answers that tell an event twice. */
import { agentEvent, answerBehaviour } from "./answer-behaviour.ts";

export const repeat = answerBehaviour(
  {
    name: "repeat",
    shape: { event: agentEvent.default("agent_thinking") },
    counts: ["eventsRepeated"],
    doc: "the first `event` (agent_thinking) comes once more right after itself; agent_completed comes so after the end",
    example: { count: 1 },
  },
  (events, { event }) => {
    const at = events.findIndex(({ type }) => type === event);
    const found = events[at];
    if (found === undefined) return null;
    const again = { ...found, deed: "eventsRepeated" };
    return [...events.slice(0, at + 1), again, ...events.slice(at + 1)];
  },
);
