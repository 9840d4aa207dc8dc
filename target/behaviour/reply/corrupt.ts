/** Replies with one bit flipped. */
import { z } from "zod";
import { corrupted } from "../malform.ts";
import { replyBehaviour } from "./reply-behaviour.ts";

export const corrupt = replyBehaviour(
  {
    name: "corrupt",
    shape: {
      where: z.enum(["any", "stamp", "body"]).default("any"),
      /** Bytes at the start of a payload that are its stamp. */
      stampBytes: z.int().min(1).max(1024).default(16),
    },
    counts: ["corrupted"],
    doc: "one bit flipped; `where`: `stamp` (the first `stampBytes`, 16), `body` (after them), `any`. Text stays UTF-8",
    example: { count: 1 },
  },
  (reply, place, hands) => {
    const damaged = corrupted(reply.frame, place, hands.draw());
    if (damaged === null) hands.owe(reply);
    else hands.count("corrupted");
    hands.deliver(reply, damaged ?? reply.frame);
  },
);
