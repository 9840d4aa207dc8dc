/**
 * `integrity`: the audit of delivery: stamps, numbers of pushed messages, isolation of users. Listed in registry.ts, after the
 * sections it looks at. Invariant: a stamp has a message that can carry it, and so has a mark.
 */
import * as z from "zod";
import { condition, reading } from "../shape/expressions.ts";
import { about, byDefault, strict } from "../shape/fields.ts";
import type { StrictScenario } from "../strict.ts";
import type { StrictIsolation, StrictOrder } from "../strict-conversation.ts";
import { plantsMarks } from "../template/planting.ts";
import { section, soundParts } from "./section.ts";

/** Bytes a stamp takes of a binary payload. */
const STAMP_BYTES = 16;
const PER_SENDER = "per-sender";
/** What `order: per-sender` reads; a scope in `listen` goes before this one. */
const SENDER = "m.from";
const NUMBER = "m.seq";
const SCOPE = "m.room";

function order() {
  return z.union([
    z.literal(PER_SENDER),
    strict({
      sender: about(reading(), "CEL for who sent a message.", "m.user"),
      number: about(
        reading(),
        "CEL for its number, one more than that of the message before.",
        "m.n",
      ),
      scope: about(
        reading().optional(),
        "CEL for the scope within which a sender's numbers count; none: they count over all.",
        "m.channel",
      ),
    }),
  ]);
}

function isolation() {
  return strict({
    owner: about(
      condition().optional(),
      "CEL over m, text, size and conn: false of what belongs to another user. Where a field is missing it is not judged.",
      "m.user == conn.user",
    ),
    canary: byDefault(
      z.boolean(),
      false,
      "Put an unguessable mark of its user into what each connection sends, {{canary}}, and look for those of others in all that it gets.",
      true,
    ),
  });
}

export const integrity = section({
  key: "integrity",
  shape: () =>
    about(
      strict({
        stamp: byDefault(
          z.boolean(),
          false,
          "Stamp echoed binary messages to find loss, duplicates, reordering and corruption.",
          true,
        ),
        order: about(
          order().optional(),
          "Find loss, duplicates and reordering among messages that carry a number of their sender. per-sender: sender m.from, number m.seq, scope that of listen, else m.room.",
          PER_SENDER,
          { sender: "m.user", number: "m.n", scope: "m.channel" },
        ),
        isolation: about(
          isolation().optional(),
          "Find messages that reach another user than theirs. One is enough for a run to fail.",
          { owner: "m.user == conn.user" },
        ),
      }).prefault({}),
      "Audit of the delivery of messages.",
      { stamp: true, order: PER_SENDER },
    ),
  strict: (value, { scope, log }) => {
    const { stamp, order: given, isolation: kept } = soundParts(value, ["integrity"], log);
    const { owner = null, canary = false } = kept ?? {};
    return { integrity: { stamp, order: strictOrder(given, scope), isolation: { owner, canary } } };
  },
  check: ({ scope: { integrity: known, ...scope }, log }) => {
    if (!log.isSound(["integrity"]) || !log.isSound(["messages"])) return;
    if (known.stamp && !carriesStamp(scope.messages)) {
      const hint = `add a binary message of at least ${STAMP_BYTES} bytes with match: echo`;
      log.add(["integrity", "stamp"], "no message can carry the stamp", hint);
    }
    if (known.isolation.canary && !plantsMarks({ ...scope, integrity: known })) {
      const hint = "send JSON maps, or write {{canary}} into a message";
      log.add(["integrity", "isolation", "canary"], "no message can carry the mark", hint);
    }
  },
  written: ({ integrity: { stamp, order: kept, isolation: known } }) => {
    return { stamp, ...writtenOrder(kept), ...writtenIsolation(known) };
  },
});

type GivenOrder = z.output<ReturnType<typeof order>> | undefined;

function strictOrder(given: GivenOrder, scope: StrictScenario): StrictOrder | null {
  if (given === undefined) return null;
  if (given !== PER_SENDER) return { ...given, scope: given.scope ?? null };
  const listened = scope.listen?.find((one) => one.scope !== null)?.scope ?? null;
  return { sender: SENDER, number: NUMBER, scope: listened ?? SCOPE };
}

function carriesStamp(messages: StrictScenario["messages"]): boolean {
  const mix = messages?.mix ?? [];
  return mix.some(
    ({ send, reply }) =>
      send.kind === "binary" &&
      reply.match === "echo" &&
      send.sizes.some((bytes) => bytes >= STAMP_BYTES),
  );
}

function writtenOrder(kept: StrictOrder | null) {
  if (kept === null) return {};
  const { sender, number, scope } = kept;
  return { order: { sender, number, ...(scope === null ? {} : { scope }) } };
}

function writtenIsolation({ owner, canary }: StrictIsolation) {
  if (owner === null && !canary) return {};
  return { isolation: { ...(owner === null ? {} : { owner }), canary } };
}
