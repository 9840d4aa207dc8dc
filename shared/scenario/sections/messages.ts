/**
 * `messages`: how often connections send, and what. Listed in registry.ts. Invariant: there is a phase in which something
 * is sent, and each message has a name of its own.
 */
import * as z from "zod";
import { mixOf } from "../check/measured.ts";
import type { Path } from "../issue.ts";
import { MAX_ITEMS } from "../limits.ts";
import {
  about,
  byDefault,
  exactlyOne,
  label,
  list,
  rate,
  strict,
  weight,
  whole,
} from "../shape/fields.ts";
import type { StrictMessage } from "../strict.ts";
import { formatRate } from "../units.ts";
import { checkEcho, payload, sound, writtenPayload } from "./payload.ts";
import { reply, writtenReply } from "./reply.ts";
import { checkNames, type Scene, section } from "./section.ts";
import { checkKey, sequence, writtenSequence } from "./sequence.ts";

export function message() {
  return strict({
    name: about(label(), "Name of the message, unique in the file.", "say"),
    weight: byDefault(weight(), 1, "How often it is chosen, relative to the others.", 8),
    send: about(payload(), "What is sent: json, text, binary, base64, hex or file.", {
      json: { type: "say" },
    }),
    reply: about(reply(), "Which reply is expected. Default: none.", {
      match: "echo",
      within: "1s",
    }),
    sequence: about(sequence().optional(), "The events that follow it, in order.", {
      key: "m.request_id == sent.id",
      events: ["started", { event: "progress", times: "0..5" }, "completed"],
      within: "30s",
    }),
  });
}

export type Message = z.output<ReturnType<typeof message>>;

function shape() {
  return strict({
    rate: about(rate().optional(), "Messages per time of each open connection.", "0.8/s"),
    total: about(
      rate().optional(),
      "Messages per time of all open connections together.",
      "8000/s",
    ),
    arrival: byDefault(
      z.enum(["uniform", "poisson"]),
      "uniform",
      "Evenly spaced messages, or a Poisson process.",
      "poisson",
    ),
    inFlight: byDefault(
      whole(1, 100_000),
      64,
      "Unanswered messages a connection may have; a send beyond that waits.",
    ),
    mix: about(list(message, 1, MAX_ITEMS), "The messages, chosen by weight.", [
      { name: "beat", send: { binary: { size: 64 } }, reply: { match: "echo", within: "1s" } },
    ]),
  })
    .superRefine(exactlyOne(["rate", "total"], "messages"))
    .optional();
}

export const messages = section({
  key: "messages",
  shape: () =>
    about(
      shape(),
      "What open connections send. Without it connections are held and nothing is sent.",
      {
        rate: "1/s",
        mix: [
          { name: "beat", send: { binary: { size: 64 } }, reply: { match: "echo", within: "1s" } },
        ],
      },
    ),
  strict: (value, scene) => {
    const names = { path: ["messages", "mix"], key: "name", kind: "message" };
    checkNames(mixOf(scene.given), names, scene.log);
    const mix = value === undefined ? [] : checkMix(value.mix, ["messages", "mix"], scene);
    if (value === undefined || !scene.log.isSound(["messages"])) return { messages: null };
    const { rate: perConnection, total = 0, arrival, inFlight } = value;
    const perSec =
      perConnection === undefined
        ? ({ kind: "total", perSec: total } as const)
        : ({ kind: "perConnection", perSec: perConnection } as const);
    return { messages: { rate: perSec, arrival, inFlight, mix } };
  },
  /** Messages that no phase sends: each says `messages: 0`. */
  check: ({ scope: { messages: known, phases }, log }) => {
    if (known === null || !log.isSound(["load"]) || phases.length === 0) return;
    if (phases.some(({ messageFactor }) => messageFactor > 0)) return;
    const what = "no message would ever be sent: each phase says messages: 0";
    const hint = "leave messages out to hold connections and send nothing";
    log.add(["messages"], what, hint, { part: "key" });
  },
  written: ({ messages: known }) => {
    if (known === null) return undefined;
    const { rate: perSec, arrival, inFlight, mix } = known;
    const pace = formatRate(perSec.perSec);
    return {
      ...(perSec.kind === "total" ? { total: pace } : { rate: pace }),
      arrival,
      inFlight,
      mix: writtenMix(mix),
    };
  },
});

export function writtenMix(mix: readonly StrictMessage[]): z.input<ReturnType<typeof message>>[] {
  return mix.map(({ name, weight, send, reply: expected, sequence: events }) => ({
    ...{ name, weight, send: writtenPayload(send), reply: writtenReply(expected) },
    ...(events === null ? {} : { sequence: writtenSequence(events) }),
  }));
}

/** @param at of the list @param most bytes of a received message */
export function checkMix(
  mix: readonly Message[],
  at: Path,
  scene: Scene,
  most = scene.scope.connect.maxMessageBytes,
): StrictMessage[] {
  const { log } = scene;
  const known: StrictMessage[] = [];
  for (const [index, entry] of Array.isArray(mix) ? mix.entries() : []) {
    const path = [...at, index];
    if (log.hasAt(path)) continue;
    const { name, weight, send, reply: expected, sequence: events } = entry;
    const isSound = log.isSound(path);
    const sent = log.isSound([...path, "send"]) ? sound(send, [...path, "send"], scene) : null;
    if (!isSound || sent === null) continue;
    if (expected.match === "echo") checkEcho(sent, [...path, "send"], scene, most);
    if (expected.match === "where" && sent.kind === "binary") {
      const what = "a binary message has nothing for `where` to compare with";
      const hint = "use match: echo or next, or send json";
      log.add([...path, "reply", "where"], what, hint);
    }
    if (events) checkKey(events, sent, { path: [...path, "sequence"], log });
    const followed = events === undefined ? null : { name, ...events };
    known.push({ name, weight, send: sent, reply: expected, sequence: followed });
  }
  return known;
}
