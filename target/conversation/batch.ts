/** Several messages in one frame: as lines, or as a JSON array. */
import { z } from "zod";
import { part } from "./part.ts";

export const batch = part(
  {
    name: "batch",
    shape: {
      as: z.enum(["lines", "array"]).default("lines"),
      /** Messages in a frame at most. */
      most: z.int().min(1).max(1000).default(10),
      /** How long a message waits for others. */
      waitMs: z.number().min(0).max(10_000).default(5),
    },
    counts: ["batches", "batched"],
    doc: "messages wait up to `waitMs` (5) for others and go out in one frame, `most` (10) at a time: `as` `lines` (default) or a JSON `array`. `messagesOut` counts the messages, `batches` the frames, `batched` the messages in them",
  },
  {
    opened: (peer, { as, most, waitMs }) => {
      if (peer.talk !== null) peer.talk.batch = { isArray: as === "array", most, waitMs };
    },
  },
);
