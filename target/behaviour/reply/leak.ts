/** Replies that reach a connection they are not for. */
import { z } from "zod";
import { replyBehaviour } from "./reply-behaviour.ts";

export const leak = replyBehaviour(
  {
    name: "leak",
    shape: { mode: z.enum(["also", "instead"]).default("also") },
    counts: ["leaked"],
    doc: "to another connection; `mode`: `also` (default) or `instead`. A room's message leaks to a connection outside the room",
    example: { count: 1 },
  },
  (reply, { mode }, hands) => {
    const victim = hands.stranger(reply);
    if (victim === null) {
      hands.owe(reply);
      hands.deliver(reply);
      return;
    }
    hands.count("leaked");
    hands.copy(reply, victim);
    if (mode === "also") hands.deliver(reply);
  },
);
