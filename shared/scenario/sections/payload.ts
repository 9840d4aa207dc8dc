/**
 * `send` of a message: what goes out. Called by messages.ts. Invariant: exactly one kind of payload; every text and JSON
 * value compiles, and an echo of it fits, with every row of the data.
 */
import * as z from "zod";
import { checkPlace } from "../check/rows.ts";
import { checkJson, checkTemplate, SAMPLE } from "../check/templates.ts";
import type { Path } from "../issue.ts";
import { about, byDefault, exactlyOne, list, size, strict } from "../shape/fields.ts";
import { asWritten } from "../shape/marks.ts";
import type { StrictSend } from "../strict.ts";
import { formatSize } from "../units.ts";
import type { Scene } from "./section.ts";

const MAX_PAYLOAD_BYTES = 64 * 1024 ** 2;

function binary() {
  const bytes = size(0, MAX_PAYLOAD_BYTES);
  return strict({
    size: about(
      z.union([bytes, list(bytes, 1, 100)]),
      "Bytes; a list is chosen from at random.",
      100,
      [100, 1024, 4096],
      "4kb",
    ),
    fill: byDefault(z.enum(["random", "zero"]), "random", "What is in it."),
  });
}

export function payload() {
  return strict({
    json: about(
      asWritten(z.unknown()).optional(),
      "Any JSON value. Strings in it may hold placeholders; one alone keeps its type.",
      { type: "say", id: "{{uuid}}", text: "{{text(20,400)}}" },
    ),
    text: about(
      asWritten(z.string()).optional(),
      "A text message; may hold placeholders.",
      "ping {{seq}}",
    ),
    binary: about(binary().optional(), "A binary message.", { size: 100, fill: "random" }),
  })
    .superRefine(exactlyOne(["json", "text", "binary"], "send"))
    .transform(({ json, text, binary: bytes }): StrictSend => {
      if (bytes !== undefined) {
        const sizes = Array.isArray(bytes.size) ? bytes.size : [bytes.size];
        return { kind: "binary", sizes, fill: bytes.fill };
      }
      return text === undefined ? { kind: "json", value: json } : { kind: "text", text };
    });
}

export function checkPayload(send: StrictSend, path: Path, scene: Scene): void {
  if (send.kind === "json") checkJson(send.value, [...path, "json"], scene);
  if (send.kind !== "text") return;
  const at = [...path, "text"];
  const template = checkTemplate(send.text, at, scene);
  if (template !== null && !template.render(SAMPLE).isWellFormed()) {
    scene.log.add(at, "no text message can carry half of a surrogate pair", "");
  }
}

/** An echo is as large as what was sent: it has to fit, with every row of the data. */
export function checkEcho(send: StrictSend, path: Path, scene: Scene): void {
  const { log, scope } = scene;
  if (!log.isSound(["connect", "maxMessage"])) return;
  const most = scope.connect.maxMessageBytes;
  const fault = (bytes: number) =>
    bytes > most ? `an echo of ${bytes} bytes is over connect.maxMessage (${most} bytes)` : "";
  const hint = "raise it with connect: { maxMessage: ... }, or send less";
  if (send.kind === "binary") {
    for (const [index, bytes] of send.sizes.entries()) {
      const at = [...path, "binary", "size", ...(send.sizes.length === 1 ? [] : [index])];
      if (fault(bytes) !== "") log.add(at, fault(bytes), hint);
    }
    return;
  }
  if (send.kind === "bytes") return;
  const at = [...path, send.kind];
  const value = send.kind === "text" ? send.text : send.value;
  const template =
    send.kind === "text" ? checkTemplate(send.text, at, scene) : checkJson(value, at, scene);
  if (template === null) return;
  const ofText = (text: string) => fault(Buffer.byteLength(text));
  checkPlace({ kind: send.kind, value, path: at, fault: ofText, hint }, template, scene);
}

export function writtenPayload(send: StrictSend): z.input<ReturnType<typeof payload>> {
  if (send.kind === "text") return { text: send.text };
  if (send.kind === "json") return { json: send.value };
  if (send.kind === "bytes") return { base64: send.base64 } as never;
  return { binary: { size: send.sizes.map(formatSize), fill: send.fill } };
}
