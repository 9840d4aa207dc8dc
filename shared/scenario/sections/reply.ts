/**
 * `reply` of a message: which reply is expected. Called by messages.ts. Invariant: at most one way to know a reply, and an
 * expression that compiles.
 */
import * as z from "zod";
import { compileMatch } from "../expression/expression.ts";
import { ExpressionError } from "../expression/expression-error.ts";
import { about, duration, exactlyOne, fault, strict, text } from "../shape/fields.ts";
import { asWritten } from "../shape/marks.ts";
import type { StrictReply } from "../strict.ts";
import { formatDuration } from "../units.ts";

const DEFAULT_WITHIN_US = 10_000_000;

/** CEL that is true or false of a reply. */
function condition() {
  const compiles = z.superRefine<string>((where, context) => {
    try {
      compileMatch(where);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      fault(context, [error.message, error.hint], { inside: error.offset });
    }
  });
  return asWritten(text(2000, compiles));
}

export function reply() {
  return strict({
    match: about(
      z.enum(["none", "echo", "next"]).optional(),
      "echo: the same bytes come back. next: the next message is the reply. none: expect nothing.",
      "echo",
    ),
    where: about(
      condition().optional(),
      "CEL over m (the parsed reply) and sent (what was sent).",
      "m.type == 'ack' && m.id == sent.id",
    ),
    within: about(
      duration().optional(),
      `A later reply counts as timed out. Default: ${formatDuration(DEFAULT_WITHIN_US)}.`,
      "1s",
    ),
  })
    .superRefine(exactlyOne(["match", "where"], "reply"))
    .transform(({ match, where, within }, context): StrictReply => {
      const withinUs = within ?? DEFAULT_WITHIN_US;
      if (where !== undefined) return { match: "where", where, withinUs };
      if (match === "echo" || match === "next") return { match, withinUs };
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
  const within = formatDuration(expected.withinUs);
  return expected.match === "where"
    ? { where: expected.where, within }
    : { match: expected.match, within };
}
