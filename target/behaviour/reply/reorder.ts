/** Replies that let the next one of their connection go first. */
import { ms } from "../dials.ts";
import { replyBehaviour } from "./reply-behaviour.ts";

export const reorder = replyBehaviour(
  {
    name: "reorder",
    shape: { holdMs: ms.default(1000) },
    // Both are counted where replies leave: whatever made a reply late, and what was held in vain.
    counts: ["reordered", "reorderExpired"],
    doc: "held until the next reply of its connection is out, for `holdMs` (1000) at most",
    example: { count: 1, holdMs: 50 },
  },
  (reply, { holdMs }, hands) => hands.hold(reply, holdMs),
);
