/** Frames no server may send, in place of a reply. */
import { z } from "zod";
import { MALFORMED_FRAMES, malformed as malformedFrame } from "../malform.ts";
import { replyBehaviour } from "./reply-behaviour.ts";

export const malformed = replyBehaviour(
  {
    name: "malformed",
    shape: { frame: z.enum(MALFORMED_FRAMES) },
    most: MALFORMED_FRAMES.length,
    counts: ["malformed"],
    doc: `a forbidden \`frame\` in its place: ${MALFORMED_FRAMES.map((frame) => `\`${frame}\``).join(", ")}`,
    example: { count: 1, frame: "bad-utf8" },
  },
  (reply, { frame }, hands) => {
    hands.count("malformed");
    hands.writeRaw(reply, malformedFrame(frame, reply.frame));
  },
);
