/** Replies that are sent twice. */
import { ms } from "../dials.ts";
import { replyBehaviour } from "./reply-behaviour.ts";

export const duplicate = replyBehaviour(
  {
    name: "duplicate",
    shape: { afterMs: ms.default(0) },
    counts: ["duplicated"],
    doc: "sent twice; the second `afterMs` (0) later, behind what came meanwhile",
    example: { count: 1 },
  },
  (reply, { afterMs }, hands) => {
    hands.deliver(reply);
    if (afterMs > 0) {
      hands.copyLater(reply, afterMs);
      return;
    }
    hands.count("duplicated");
    hands.copy(reply, reply.peer);
  },
);
