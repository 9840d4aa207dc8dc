/**
 * `answers`: what a client sends back by itself, such as an application's pongs and acknowledgements. Listed in registry.ts.
 * Invariant: each has a name, its own among messages and answers; one that is not written is `answer#2` for the second.
 */
import type * as z from "zod";
import { mixOf } from "../check/measured.ts";
import { compileMatch } from "../expression/message-expression.ts";
import type { Path } from "../issue.ts";
import { MAX_ITEMS } from "../limits.ts";
import { condition } from "../shape/expressions.ts";
import { about, label, list, strict } from "../shape/fields.ts";
import { isMapping } from "../shape/words.ts";
import type { StrictAnswer } from "../strict-conversation.ts";
import { payload, sound, writtenPayload } from "./payload.ts";
import { checkNames, type Scene, section, soundItems, writtenAt, writtenNames } from "./section.ts";

const EXAMPLE = { where: "m.type == 'ping'", send: { json: { type: "pong", id: "{{m.id}}" } } };

export function answer() {
  return strict({
    name: about(
      label().optional(),
      "Name in reports. Default: answer# and its place in the list.",
      "pong",
    ),
    where: about(
      condition(),
      "CEL over m, text, size and conn: true of what is answered.",
      EXAMPLE.where,
    ),
    send: about(
      payload(),
      "What is sent; placeholders may also read m, text and size of the message.",
      EXAMPLE.send,
    ),
  });
}

type Answer = z.output<ReturnType<typeof answer>>;

export const answers = section({
  key: "answers",
  shape: () =>
    about(
      list(answer, 0, MAX_ITEMS).optional(),
      "What a client sends back by itself. Of several that are true of a message the first answers it.",
      [EXAMPLE],
    ),
  strict: (value, scene) => {
    return { answers: strictAnswers(value, ["answers"], scene) };
  },
  written: ({ answers: known }) => (known.length === 0 ? undefined : known.map(writtenAnswer)),
});

/** @param path of the list */
export function strictAnswers(
  value: readonly Answer[] | undefined,
  path: Path,
  scene: Scene,
): StrictAnswer[] {
  checkNames(writtenAt(scene.given, path), { path, key: "name", kind: "answer" }, scene.log);
  checkTaken(path, scene);
  // What an answer's placeholders read is checked where they have a message.
  const answering: Scene = { ...scene, scope: { ...scene.scope, hasMessage: true } as never };
  return [...soundItems(value, path, scene.log)].flatMap(([index, { name, where, send }]) => {
    const at = [...path, index];
    if (compileMatch(where).variables.has("sent")) {
      const what = "sent is nothing here: an answer is to what was not asked for";
      scene.log.add([...at, "where"], what, "a reply to a message of ours is messages.mix.reply");
    }
    const sent = sound(send, [...at, "send"], answering);
    return sent === null ? [] : [{ name: name ?? `answer#${index + 1}`, where, send: sent }];
  });
}

/** Messages and answers are counted by name, side by side. */
function checkTaken(path: Path, { given, log }: Scene): void {
  const ownMix = writtenAt(given, [...path.slice(0, -1), "messages", "mix"]);
  const taken = new Set(writtenNames(ownMix ?? mixOf(given), "name"));
  const written = writtenAt(given, path);
  const list: readonly unknown[] = Array.isArray(written) ? written : [];
  for (const [index, item] of list.entries()) {
    const name = isMapping(item) ? item["name"] : undefined;
    if (typeof name !== "string" || !taken.has(name)) continue;
    log.add([...path, index, "name"], `a message is named ${name}, too`, "give it another name");
  }
}

export function writtenAnswer({
  name,
  where,
  send,
}: StrictAnswer): z.input<ReturnType<typeof answer>> {
  // That of its place is implied.
  return { ...(name.includes("#") ? {} : { name }), where, send: writtenPayload(send) };
}
