/**
 * State documents with compare-and-set. What is larger than a message is kept in parts beside its head. Used by
 * nats-bus.ts. Invariant: a head names parts that were written before it, so who reads it finds them.
 */
import { createHash, randomUUID } from "node:crypto";
import type { BusDocument } from "../bus.ts";
import type { NatsStore } from "./store.ts";

/** Of the text; a server takes 1 MiB a message unless told otherwise. */
const PART_BYTES = 512 * 1024;

interface Head {
  /** The revision it replaced; tells a repeated write from a conflict. */
  readonly previous: number;
  readonly hash: string;
  readonly parts: string;
  readonly count: number;
}

export class NatsDocuments {
  readonly #store: NatsStore;

  constructor(store: NatsStore) {
    this.#store = store;
  }

  async get(key: string): Promise<BusDocument | null> {
    const entry = await this.#store.get(headKey(key));
    if (entry === null) return null;
    const head = JSON.parse(Buffer.from(entry.value).toString()) as Head;
    const parts = await Promise.all(
      Array.from({ length: head.count }, (_, part) =>
        this.#store.get(partKey(key, head.parts, part)),
      ),
    );
    // Replaced or deleted while it was read: what there is now counts.
    if (parts.includes(null)) return this.get(key);
    const text = Buffer.concat(parts.map((part) => part?.value ?? new Uint8Array())).toString();
    return { value: JSON.parse(text) as unknown, revision: entry.revision };
  }

  async put(key: string, value: unknown, expected: number): Promise<number | "conflict"> {
    const bytes = Buffer.from(JSON.stringify(value));
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
    const { parts } = JSON.parse(Buffer.from(head).toString()) as Head;
    await this.#store.forget(`part.${safe(key)}.${parts}.>`);
  }
}

function repeated(
  current: { readonly value: Uint8Array; readonly revision: number } | null,
  expected: number,
  hash: string,
): number | "conflict" {
  if (current === null) return "conflict";
  const head = JSON.parse(Buffer.from(current.value).toString()) as Head;
  return head.previous === expected && head.hash === hash ? current.revision : "conflict";
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
