/**
 * State documents with compare-and-set. What is larger than a message is kept in parts beside its head. Used by
 * nats-bus.ts. Invariant: a head names parts that were written before it, so who reads it finds them.
 */
import { createHash, randomUUID } from "node:crypto";
import * as z from "zod";
import { RECORD_LIMITS, type StoredText } from "../transport.ts";
import { type NatsStore, parseJson } from "./store.ts";

/** Of the text; a server takes 1 MiB a message unless configured otherwise. */
const PART_BYTES = 512 * 1024;
const PARTS_AT_ONCE = 8;

const headSchema = z.object({
  /** The revision it replaced; tells a repeated write from a conflict. */
  previous: z.int().min(0),
  hash: z.string().max(100),
  parts: z.string().max(100),
  count: z
    .int()
    .min(1)
    .max(Math.ceil(RECORD_LIMITS.document / PART_BYTES)),
});
type Head = z.infer<typeof headSchema>;

/** Readings of a document that is replaced while it is read, at most. */
const MAX_READINGS = 100;

export class NatsDocuments {
  readonly #store: NatsStore;

  constructor(store: NatsStore) {
    this.#store = store;
  }

  async get(key: string): Promise<StoredText | null> {
    let revision = 0;
    for (let reading = 0; reading < MAX_READINGS; reading++) {
      const entry = await this.#store.get(headKey(key));
      if (entry === null) return null;
      const head = headOf(entry.value);
      if (head === null) return { text: null, revision: entry.revision };
      // Replaced or deleted while it was read, or parts are missing: what there is now counts.
      const isSame = revision === entry.revision;
      revision = entry.revision;
      const text = await this.#partsOf(key, head);
      if (text !== null || isSame) return { text, revision };
    }
    return { text: null, revision };
  }

  async put(key: string, text: string, expected: number): Promise<number | "conflict"> {
    const bytes = Buffer.from(text);
    const hash = createHash("sha256").update(bytes).digest("base64");
    const current = await this.#store.get(headKey(key));
    if ((current?.revision ?? 0) !== expected) return repeated(current, expected, hash);
    const parts = randomUUID();
    const count = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
    for (let part = 0; part < count; part++) {
      const slice = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
      await this.#store.put(partKey(key, parts, part), slice);
    }
    const head: Head = { previous: expected, hash, parts, count };
    const revision = await this.#store.cas(headKey(key), JSON.stringify(head), expected);
    // Either the parts before are of no more use, or these are.
    if (revision === "conflict") await this.#store.forget(`part.${safe(key)}.${parts}.>`);
    else if (current !== null) await this.#forgetParts(key, current.value);
    if (revision !== "conflict") return revision;
    return repeated(await this.#store.get(headKey(key)), expected, hash);
  }

  async delete(key: string): Promise<void> {
    await this.#store.forget(headKey(key));
    await this.#store.forget(`part.${safe(key)}.>`);
  }

  async #forgetParts(key: string, head: Uint8Array): Promise<void> {
    const parts = headOf(head)?.parts;
    if (parts === undefined || safe(parts) !== parts) return;
    await this.#store.forget(`part.${safe(key)}.${parts}.>`);
  }

  /** null: not all of them are there. */
  async #partsOf(key: string, { parts, count }: Head): Promise<string | null> {
    const slices: Uint8Array[] = [];
    for (let first = 0; first < count; first += PARTS_AT_ONCE) {
      const length = Math.min(PARTS_AT_ONCE, count - first);
      const keys = Array.from({ length }, (_, part) => partKey(key, safe(parts), first + part));
      for (const part of await Promise.all(keys.map((name) => this.#store.get(name)))) {
        if (part === null) return null;
        slices.push(part.value);
      }
    }
    return Buffer.concat(slices).toString();
  }
}

function repeated(
  current: { readonly value: Uint8Array; readonly revision: number } | null,
  expected: number,
  hash: string,
): number | "conflict" {
  if (current === null) return "conflict";
  const head = headOf(current.value);
  return head?.previous === expected && head.hash === hash ? current.revision : "conflict";
}

function headOf(value: Uint8Array): Head | null {
  const head = headSchema.safeParse(parseJson(value));
  return head.success ? head.data : null;
}

function headKey(key: string): string {
  return `head.${safe(key)}`;
}

function partKey(key: string, parts: string, part: number): string {
  return `part.${safe(key)}.${parts}.${part}`;
}

/** As one token of a subject. */
export function safe(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, (char) => `=${char.charCodeAt(0).toString(16)}`);
}
