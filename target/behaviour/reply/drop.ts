/** Replies that are never sent. */
import { replyBehaviour } from "./reply-behaviour.ts";

export const drop = replyBehaviour(
  {
    name: "drop",
    shape: {},
    counts: ["dropped"],
    doc: "never sent",
    example: { count: 1 },
    atOnce: true,
  },
  (_, __, hands) => hands.count("dropped"),
);
