/** Replies in several frames, which RFC 6455 allows. */
import { z } from "zod";
import { fragmentsOf } from "../../connection/frame.ts";
import { replyBehaviour } from "./reply-behaviour.ts";

export const fragment = replyBehaviour(
  {
    name: "fragment",
    shape: { parts: z.int().min(2).max(1000).default(2) },
    counts: ["fragmented"],
    doc: "sent in `parts` (2) frames, which is allowed",
    example: { count: 1 },
  },
  (reply, { parts }, hands) => {
    hands.count("fragmented");
    hands.deliver(reply, fragmentsOf(reply.frame, parts));
  },
);
