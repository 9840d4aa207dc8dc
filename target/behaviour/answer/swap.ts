/** Answers in which two events have changed places. */
import { z } from "zod";
import { agentEvent, answerBehaviour } from "./answer-behaviour.ts";

export const swap = answerBehaviour(
  {
    name: "swap",
    shape: {
      events: z
        .tuple([agentEvent, agentEvent])
        .refine(([one, other]) => one !== other, "two different events")
        .default(["agent_started", "agent_thinking"]),
    },
    counts: ["eventsSwapped"],
    doc: "the first of each of the two `events` (agent_started, agent_thinking) change places",
    example: { count: 1 },
  },
  (events, { events: [one, other] }) => {
    const places = [one, other].map((name) => events.findIndex(({ type }) => type === name));
    const [first = -1, second = -1] = places.toSorted((a, b) => a - b);
    const [early, late] = [events[first], events[second]];
    if (early === undefined || late === undefined) return null;
    const swapped = [...events];
    swapped[first] = late;
    swapped[second] = { ...early, deed: "eventsSwapped" };
    return swapped;
  },
);
