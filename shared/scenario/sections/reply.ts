/**
 * `reply` of a message: which reply is expected. Called by messages.ts. Invariant: at most one way to know a reply, and an
 * expression that compiles.
 */
import * as z from "zod";
import { captures, condition, writtenCaptures } from "../shape/expressions.ts";
import { about, byDefault, duration, exactlyOne, fault, strict, whole } from "../shape/fields.ts";
import type { StrictReply } from "../strict.ts";
import { formatDuration } from "../units.ts";

const DEFAULT_WITHIN_US = 10_000_000;

const MAX_REPLIES = 1000;

export function reply() {
  return strict({
    match: about(
      z.enum(["none", "echo", "next"]).optional(),
      "echo: the same bytes come back. next: the next message is the reply. none: expect nothing.",
      "echo",
    ),
    where: about(
      condition().optional(),
      "CEL over m (the parsed reply) and sent (what was sent); also text, size and conn.",
      "m.type == 'ack' && m.id == sent.id",
    ),
    within: about(
      duration().optional(),
      `A later reply counts as timed out. Default: ${formatDuration(DEFAULT_WITHIN_US)}.`,
      "1s",
    ),
    replies: byDefault(
      whole(1, MAX_REPLIES),
      1,
      "How many replies there are; the message is answered when the last has come.",
      3,
    ),
    fail: about(
      strict({
        where: about(
          condition(),
          "CEL over m and sent: true of a reply that says so.",
          "m.type == 'error' && m.id == sent.id",
        ),
      }).optional(),
      "Which reply says that the request failed: it is a failure, and no latency.",
      { where: "m.type == 'error' && m.id == sent.id" },
    ),
    capture: captures(),
  })
    .superRefine(exactlyOne(["match", "where"], "reply"))
    .transform(({ match, where, within, replies, fail, capture }, context): StrictReply => {
      const awaited = {
        withinUs: within ?? DEFAULT_WITHIN_US,
        replies,
        fail: fail?.where ?? null,
        capture,
      };
      if (match === "echo" && replies > 1) {
        const what = "an echo comes once";
        fault(context, [what, "use where, or next"], { path: ["replies"] });
      }
      if (where !== undefined) return { match: "where", where, ...awaited };
      if (match === "echo" || match === "next") return { match, ...awaited };
      if (within !== undefined) {
        const what = "no reply is expected with match: none";
        fault(context, [what, "remove within"], { path: ["within"] });
      }
      return { match: "none" };
    })
    .prefault({ match: "none" });
}

export function writtenReply(expected: StrictReply): z.input<ReturnType<typeof reply>> {
  if (expected.match === "none") return { match: "none" };
  const { replies, fail } = expected;
  const capture = writtenCaptures(expected.capture);
  const rest = {
    within: formatDuration(expected.withinUs),
    ...(replies === 1 ? {} : { replies }),
    ...(fail === null ? {} : { fail: { where: fail } }),
    ...(capture === undefined ? {} : { capture }),
  };
  return expected.match === "where"
    ? { where: expected.where, ...rest }
    : { match: expected.match, ...rest };
}
