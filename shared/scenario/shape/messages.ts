/**
 * The shape of `messages`: how often connections send, what, and which replies they expect. Called by
 * schema.ts. Invariant: exactly one kind of payload per message and at most one way to know its reply.
 */
import * as z from "zod";
import { about, duration, label, message, rate, size, strict, text } from "./fields.ts";

export const MAX_MESSAGES = 1000;
export const MAX_PAYLOAD_BYTES = 64 * 1024 ** 2;

/** Exactly one of `keys` is written; else the issue says so. */
function exactlyOne(keys: readonly string[], what: string) {
  return (value: object, context: z.RefinementCtx) => {
    const written = keys.filter((key) => Object.hasOwn(value, key));
    if (written.length === 1) return;
    const list = keys.join(" or ");
    const detail =
      written.length === 0 ? `${what} needs ${list}` : `${what} takes only one of ${list}`;
    context.addIssue({ code: "custom", message: message(detail, "") });
  };
}

const payloadSize = size(0, MAX_PAYLOAD_BYTES);
const binary = strict({
  size: about(
    z.union([payloadSize, z.array(payloadSize).min(1).max(100)]),
    "Bytes; a list is chosen from at random.",
    100,
    [100, 1024, 4096],
    "4kb",
  ),
  fill: about(z.enum(["random", "zero"]).optional(), "What is in it. Default: random.", "random"),
});

const send = strict({
  json: about(
    z.unknown().optional(),
    "Any JSON value. Strings in it may hold placeholders; one alone keeps its type.",
    { type: "say", id: "{{uuid}}", text: "{{text(20,400)}}" },
  ),
  text: about(z.string().optional(), "A text message; may hold placeholders.", "ping {{seq}}"),
  binary: about(binary.optional(), "A binary message.", { size: 100, fill: "random" }),
}).superRefine(exactlyOne(["json", "text", "binary"], "send"));

const reply = strict({
  match: about(
    z.enum(["none", "echo", "next"]).optional(),
    "echo: the same bytes come back. next: the next message is the reply. none: expect nothing.",
    "echo",
  ),
  where: about(
    text(2000).optional(),
    "CEL over m (the parsed reply) and sent (what was sent).",
    "m.type == 'ack' && m.id == sent.id",
  ),
  within: about(duration().optional(), "A later reply counts as timed out. Default: 10s.", "1s"),
}).superRefine(exactlyOne(["match", "where"], "reply"));

export const mixEntry = strict({
  name: about(label(), "Name of the message, unique in the file.", "say"),
  weight: about(
    z.number().positive().max(1e6).optional(),
    "How often it is chosen, relative to the others. Default: 1.",
    8,
  ),
  send: about(send, "What is sent: json, text or binary.", { json: { type: "say" } }),
  reply: about(reply.optional(), "Which reply is expected. Default: none.", {
    match: "echo",
    within: "1s",
  }),
});

export const messages = strict({
  rate: about(rate().optional(), "Messages per time of each open connection.", "0.8/s"),
  total: about(rate().optional(), "Messages per time of all open connections together.", "8000/s"),
  arrival: about(
    z.enum(["uniform", "poisson"]).optional(),
    "Evenly spaced messages, or a Poisson process. Default: uniform.",
    "poisson",
  ),
  inFlight: about(
    z.int().min(1).max(100_000).optional(),
    "Unanswered messages a connection may have; a send beyond that waits. Default: 64.",
    64,
  ),
  mix: about(z.array(mixEntry).min(1).max(MAX_MESSAGES), "The messages, chosen by weight.", [
    { name: "beat", send: { binary: { size: 64 } }, reply: { match: "echo", within: "1s" } },
  ]),
}).superRefine(exactlyOne(["rate", "total"], "messages"));

export type MessagesInput = z.input<typeof messages>;
export type MixInput = z.input<typeof mixEntry>;
