/** Replies that are sent twice. */
import { replyBehaviour } from "./reply-behaviour.ts";

export const duplicate = replyBehaviour(
  {
    name: "duplicate",
    shape: {},
    counts: ["duplicated"],
    doc: "sent twice",
    example: { count: 1 },
  },
  (reply, _, hands) => {
    hands.count("duplicated");
    hands.deliver(reply);
    hands.copy(reply, reply.peer);
  },
);
