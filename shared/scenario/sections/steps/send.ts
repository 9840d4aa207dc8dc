/** `send`: sends a message and, where it has a reply, waits for it. Listed in registry.ts. */
import { about, exactlyOne, strict } from "../../shape/fields.ts";
import type { StrictReply, StrictSend } from "../../strict.ts";
import {
  checkEcho,
  PAYLOAD_KEYS,
  payloadOf,
  payloadShape,
  sound,
  writtenPayload,
} from "../payload.ts";
import { reply, writtenReply } from "../reply.ts";
import {
  CONNECTED,
  onFail,
  policyOf,
  type StepPlace,
  stepKind,
  stepName,
  writtenName,
} from "./step.ts";

export const send = stepKind({
  key: "send",
  doc: "Sends a message; where it has a reply, waits for it.",
  example: { name: "login", json: { type: "login" }, reply: { where: "m.type == 'ok'" } },
  lists: CONNECTED,
  shape: () =>
    strict({
      name: stepName(),
      ...payloadShape(),
      reply: about(reply(), "Which reply is waited for. Default: none.", {
        where: "m.type == 'ok'",
        within: "1s",
      }),
      onFail: onFail(),
    })
      .superRefine(exactlyOne(PAYLOAD_KEYS, "send"))
      .transform(({ name, reply: expected, onFail: policy, ...payload }) => {
        return { name, send: payloadOf(payload), reply: expected, onFail: policy };
      }),
  strict: ({ name, send: given, reply: expected, onFail: policy }, place) => {
    const sent = sound(given, place.path, place.scene);
    if (sent === null) return null;
    checkReply(sent, expected, place);
    return {
      ...{ kind: "send", name: name ?? place.name, send: sent, reply: expected },
      onFail: policyOf(policy, place.list),
    };
  },
  written: (step) =>
    step.kind !== "send"
      ? undefined
      : {
          ...writtenName(step.name),
          ...writtenPayload(step.send),
          reply: writtenReply(step.reply),
          onFail: step.onFail,
        },
});

function checkReply(sent: StrictSend, expected: StrictReply, { path, scene }: StepPlace): void {
  if (expected.match === "echo") checkEcho(sent, path, scene);
  if (expected.match !== "where" || !/\bsent\b/.test(expected.where)) return;
  if (sent.kind !== "binary" && sent.kind !== "bytes") return;
  const what = "a binary message has nothing for `where` to compare with";
  scene.log.add([...path, "reply", "where"], what, "compare with m alone, or use match: next");
}
