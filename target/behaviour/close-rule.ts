/**
 * When the target ends a connection by itself, and how. Called by the behaviour schema; carried out by closing.ts.
 * Invariant: a rule has exactly one occasion.
 */
import { z } from "zod";
import { closeCode, delay, picking, reason } from "./dials.ts";

const ending = {
  code: closeCode.default(1000),
  reason: reason.default(""),
  /** close: Close frame; end: FIN without one; reset: RST. */
  how: z.enum(["close", "end", "reset"]).default("close"),
};

export const closeRule = z
  .strictObject({
    afterMessages: z.int().min(1).max(1_000_000_000).optional(),
    /** Age of the connection. */
    afterMs: delay.optional(),
    /** Nothing came from the client for this long. */
    idleMs: z.number().min(10).max(86_400_000).optional(),
    ...ending,
    /** Which connections; all of them by default. */
    connections: picking({}).optional(),
  })
  .refine(
    (rule) =>
      [rule.afterMessages, rule.afterMs, rule.idleMs].filter((item) => item !== undefined)
        .length === 1,
    "give exactly one of afterMessages, afterMs, idleMs",
  );

export type CloseRule = z.output<typeof closeRule>;
