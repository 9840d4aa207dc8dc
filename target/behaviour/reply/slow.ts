/** Replies that take longer than the others, as those of one slow handler do. */
import { ms } from "../dials.ts";
import { replyBehaviour } from "./reply-behaviour.ts";

export const slow = replyBehaviour(
  {
    name: "slow",
    shape: { byMs: ms.default(100) },
    most: 20,
    counts: ["slowed"],
    doc: "sent `byMs` (100) later; others of its connection may overtake it",
    example: { count: 1, byMs: 20 },
  },
  (reply, { byMs }, hands) => hands.deliverLater(reply, byMs),
);
