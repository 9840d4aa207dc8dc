/**
 * `send` of a message, a step or an answer: what goes out. Called by messages.ts and steps/send.ts. Invariant: exactly one kind
 * of payload; every text and JSON value compiles, and an echo of it fits, with every row of the data.
 */
import * as z from "zod";
import { checkPlace } from "../check/rows.ts";
import { checkJson, checkTemplate, SAMPLE } from "../check/templates.ts";
import type { Path } from "../issue.ts";
import { about, byDefault, exactlyOne, fault, file, list, size, strict } from "../shape/fields.ts";
import { asWritten } from "../shape/marks.ts";
import type { StrictSend } from "../strict.ts";
import { formatSize } from "../units.ts";
import { readNamed } from "./named-file.ts";
import type { Scene } from "./section.ts";

const MAX_PAYLOAD_BYTES = 64 * 1024 ** 2;
/** It is part of the plan, which goes to every worker. */
const MAX_FILE_PAYLOAD_BYTES = 1024 ** 2;
const MAX_WRITTEN_BYTES_CHARS = 512 * 1024;

function binary() {
  const bytes = size(0, MAX_PAYLOAD_BYTES);
  return strict({
    size: about(
      z.union([bytes, list(() => bytes, 1, 100)]),
      "Bytes; a list is chosen from at random.",
      100,
      [100, 1024, 4096],
      "4kb",
    ),
    fill: byDefault(z.enum(["random", "zero"]), "random", "What is in it."),
  });
}

/** The keys of a payload, of which one is written. */
export const PAYLOAD_KEYS = ["json", "text", "binary", "base64", "hex", "file"] as const;

export function payloadShape() {
  return {
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
    binary: about(binary().optional(), "A binary message of so many bytes.", {
      size: 100,
      fill: "random",
    }),
    base64: about(
      bytesIn("base64").optional(),
      "A binary message, its bytes in base64.",
      "AAEC/w==",
    ),
    hex: about(
      bytesIn("hex").optional(),
      "A binary message, its bytes in hexadecimal.",
      "00 01 02 ff",
    ),
    file: about(
      file().optional(),
      `A binary message: the bytes of a file, ${formatSize(MAX_FILE_PAYLOAD_BYTES)} at most.`,
      "hello.bin",
    ),
  };
}

/** What payloadShape() gives. */
interface Payload {
  readonly json?: unknown;
  readonly text?: string | undefined;
  readonly binary?:
    | { readonly size: number | number[]; readonly fill: "random" | "zero" }
    | undefined;
  readonly base64?: string | undefined;
  readonly hex?: string | undefined;
  readonly file?: string | undefined;
}

/** Before files are read. */
export type GivenSend = StrictSend | { readonly kind: "file"; readonly file: string };

export function payload() {
  return strict(payloadShape())
    .superRefine(exactlyOne(PAYLOAD_KEYS, "send"))
    .transform((written): GivenSend => payloadOf(written));
}

export function payloadOf({
  json,
  text,
  binary: bytes,
  base64,
  hex,
  file: path,
}: Payload): GivenSend {
  if (bytes !== undefined) {
    const sizes = Array.isArray(bytes.size) ? bytes.size : [bytes.size];
    return { kind: "binary", sizes, fill: bytes.fill };
  }
  const given = base64 ?? hex;
  if (given !== undefined) return { kind: "bytes", base64: given };
  if (path !== undefined) return { kind: "file", file: path };
  return text === undefined ? { kind: "json", value: json } : { kind: "text", text };
}

/** Bytes in text, as base64. */
function bytesIn(encoding: "base64" | "hex") {
  const what = encoding === "hex" ? "hexadecimal digits, two a byte" : "base64";
  return z
    .string()
    .max(MAX_WRITTEN_BYTES_CHARS)
    .transform((written, context): string => {
      const plain = written.replace(/\s+/g, "");
      const bytes = Buffer.from(plain, encoding);
      const again = bytes.toString(encoding);
      const isSame =
        encoding === "hex" ? again === plain.toLowerCase() : unpadded(again) === unpadded(plain);
      if (isSame) return bytes.toString("base64");
      return fault(context, [`not ${what}`, "or use text, or binary: { size: ... }"]);
    });
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, "");
}

/** Reads a file, and checks what is sent. null: it cannot be sent (logged). */
export function sound(send: GivenSend, path: Path, scene: Scene): StrictSend | null {
  if (send.kind !== "file") {
    checkPayload(send, path, scene);
    return send;
  }
  const at = [...path, "file"];
  const content = readNamed(send.file, at, scene);
  if (content === null) return null;
  if (content.length > MAX_FILE_PAYLOAD_BYTES) {
    const what = `the file has ${content.length} bytes`;
    scene.log.add(at, what, `at most ${formatSize(MAX_FILE_PAYLOAD_BYTES)} can be sent`);
  }
  return { kind: "bytes", base64: content.toString("base64") };
}

function checkPayload(send: StrictSend, path: Path, scene: Scene): void {
  if (send.kind === "json") checkJson(send.value, [...path, "json"], scene);
  if (send.kind !== "text") return;
  const at = [...path, "text"];
  const template = checkTemplate(send.text, at, scene);
  if (template !== null && !template.render(SAMPLE).isWellFormed()) {
    scene.log.add(at, "no text message can carry half of a surrogate pair", "");
  }
}

/** An echo is as large as what was sent: it has to fit, with every row of the data. @param most bytes of a message */
export function checkEcho(
  send: StrictSend,
  path: Path,
  scene: Scene,
  most = scene.scope.connect.maxMessageBytes,
): void {
  const { log } = scene;
  if (!log.isSound(["connect", "maxMessage"])) return;
  const tooLarge = (bytes: number) =>
    bytes > most ? `an echo of ${bytes} bytes is over connect.maxMessage (${most} bytes)` : "";
  const hint = "raise it with connect: { maxMessage: ... }, or send less";
  if (send.kind === "binary") {
    for (const [index, bytes] of send.sizes.entries()) {
      const at = [...path, "binary", "size", ...(send.sizes.length === 1 ? [] : [index])];
      if (tooLarge(bytes) !== "") log.add(at, tooLarge(bytes), hint);
    }
    return;
  }
  if (send.kind === "bytes") {
    const bytes = Buffer.byteLength(send.base64, "base64");
    if (tooLarge(bytes) !== "") log.add(path, tooLarge(bytes), hint);
    return;
  }
  const at = [...path, send.kind];
  const value = send.kind === "text" ? send.text : send.value;
  const template =
    send.kind === "text" ? checkTemplate(send.text, at, scene) : checkJson(value, at, scene);
  if (template === null) return;
  const ofText = (text: string) => tooLarge(Buffer.byteLength(text));
  checkPlace({ kind: send.kind, value, path: at, fault: ofText, hint }, template, scene);
}

export function writtenPayload(send: StrictSend): z.input<ReturnType<typeof payload>> {
  if (send.kind === "text") return { text: send.text };
  if (send.kind === "json") return { json: send.value };
  if (send.kind === "bytes") return { base64: send.base64 };
  return { binary: { size: send.sizes.map(formatSize), fill: send.fill } };
}
