/**
 * Values under keys with compare-and-set, over one JetStream key-value bucket. Used by nats-bus.ts, sessions.ts and
 * documents.ts. Invariant: a revision is the sequence of the bucket's stream, so it only grows and is never used again,
 * also after the key was deleted.
 */
import { randomUUID } from "node:crypto";
import type { JetStreamManager } from "@nats-io/jetstream";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import * as z from "zod";
import { RECORD_LIMITS } from "../transport.ts";
import { NatsReader } from "./fetch.ts";
import { answered, ensureBucket } from "./streams.ts";

/** JetStream's answer to a write that expected another revision. */
const WRONG_LAST_SEQUENCE = 10071;
/**
 * Values kept per key. A list takes a moment between counting the last values and reading them; what is replaced in that
 * moment must still be there, or its key would seem to be gone.
 */
const HISTORY = 64;
/** Keys looked at in one list; whoever writes more of them than there can be workers and claims is no part of this. */
const MOST_LISTED = 200_000;
/** Largest value the server takes: a status, or a part of a document. */
const MOST_BYTES = RECORD_LIMITS.status;

const LEAD = "lead";

const leadSchema = z.object({
  text: z.string().max(RECORD_LIMITS.lead),
  /** From the writing on. */
  ttlMs: z.number().min(0),
});
type Lead = z.infer<typeof leadSchema>;

export interface Entry {
  readonly value: Uint8Array;
  readonly revision: number;
  /** Server's clock, milliseconds, when it was written. */
  readonly writtenMs: number;
}

export class NatsStore {
  readonly #kv: KV;
  readonly #manager: JetStreamManager;
  readonly #bucket: string;
  readonly #reader: NatsReader;

  /** Makes the bucket when it is not there. */
  static async make(
    connection: NatsConnection,
    manager: JetStreamManager,
    bucket: string,
  ): Promise<void> {
    await ensureBucket(connection, manager, { bucket, history: HISTORY, maxValueSize: MOST_BYTES });
  }

  /** Of a bucket that is there. */
  static async open(
    connection: NatsConnection,
    manager: JetStreamManager,
    bucket: string,
  ): Promise<NatsStore> {
    const kv = await new Kvm(connection).open(bucket, { allow_direct: true });
    return new NatsStore(kv, { connection, manager }, bucket);
  }

  private constructor(
    kv: KV,
    server: { readonly connection: NatsConnection; readonly manager: JetStreamManager },
    bucket: string,
  ) {
    this.#kv = kv;
    this.#manager = server.manager;
    this.#reader = new NatsReader(server.connection, server.manager);
    this.#bucket = bucket;
  }

  async get(key: string): Promise<Entry | null> {
    const [manager, stream] = [this.#manager, `KV_${this.#bucket}`];
    const entry = await answered(() => this.#kv.get(key), { manager, stream });
    return entry === null || entry.operation !== "PUT" ? null : entryOf(entry);
  }

  /** Writes whatever is there. @returns the revision */
  put(key: string, value: string | Uint8Array): Promise<number> {
    return this.#kv.put(key, value);
  }

  /** @param expected revision; 0: the key must not exist */
  async cas(
    key: string,
    value: string | Uint8Array,
    expected: number,
  ): Promise<number | "conflict"> {
    try {
      if (expected > 0) return await this.#kv.update(key, value, expected);
      return await this.#kv.create(key, value);
    } catch (error) {
      if (isWrongSequence(error)) return "conflict";
      throw error;
    }
  }

  /** Name of the store's life, made with the first question for it. */
  async generation(): Promise<string> {
    for (;;) {
      const entry = await this.get("generation");
      if (entry !== null) return textOf(entry);
      await this.cas("generation", randomUUID(), 0);
    }
  }

  /** @returns what the lead says now */
  async lead(
    mine: Lead,
    { over, nowMs }: { readonly over: string; readonly nowMs: number },
  ): Promise<string> {
    for (;;) {
      const entry = await this.get(LEAD);
      const held = entry === null ? null : leadOf(entry);
      const isLive = entry !== null && held !== null && entry.writtenMs + held.ttlMs > nowMs;
      if (isLive && held.text !== mine.text && held.text !== over) return held.text;
      const revision = await this.cas(LEAD, JSON.stringify(mine), entry?.revision ?? 0);
      if (revision !== "conflict") return mine.text;
    }
  }

  async releaseLead(text: string): Promise<void> {
    const entry = await this.get(LEAD);
    if (entry === null || leadOf(entry)?.text !== text) return;
    // Over at once, unless somebody else has it by now.
    await this.cas(LEAD, JSON.stringify({ text, ttlMs: 0 } satisfies Lead), entry.revision);
  }

  /** Forgets the key, or all keys below it when it ends in ">". */
  async forget(key: string): Promise<void> {
    await this.#manager.streams.purge(`KV_${this.#bucket}`, {
      filter: `$KV.${this.#bucket}.${key}`,
    });
  }

  /** Forgets all keys below one that ends in ">", as far as they were written before a revision. */
  async forgetBefore(pattern: string, revision: number): Promise<void> {
    const filter = `$KV.${this.#bucket}.${pattern}`;
    await this.#manager.streams.purge(`KV_${this.#bucket}`, { filter, seq: revision });
  }

  /** All entries below a key that ends in ">". */
  async list(pattern: string): Promise<ReadonlyMap<string, Entry>> {
    const found = new Map<string, Entry>();
    await this.visit(pattern, (key, entry) => found.set(key, entry));
    return found;
  }

  /** As list(), but keeps none of them. */
  async visit(pattern: string, see: (key: string, entry: Entry) => unknown): Promise<void> {
    const prefix = `$KV.${this.#bucket}.`;
    const stream = `KV_${this.#bucket}`;
    const last = { stream, from: "last-per-subject", max: MOST_LISTED } as const;
    await this.#reader.visit({ ...last, filter: `${prefix}${pattern}` }, (message) => {
      if (message.header("KV-Operation") !== "") return;
      const { data, sequence, storedMs } = message;
      const key = message.subject.slice(prefix.length);
      see(key, { value: data, revision: sequence, writtenMs: storedMs });
    });
  }
}

/** What a value says as JSON; undefined when it is none. */
export function parseJson(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value).toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** null: what no coordinator has written. */
function leadOf({ value }: Entry): Lead | null {
  const lead = leadSchema.safeParse(parseJson(value));
  return lead.success ? lead.data : null;
}

function textOf({ value }: Entry): string {
  return Buffer.from(value).toString();
}

/** A write that expected another last sequence than the one there is. */
export function isWrongSequence(error: unknown): boolean {
  return (
    error instanceof Error &&
    ((error as { code?: unknown }).code === WRONG_LAST_SEQUENCE ||
      /wrong last sequence/i.test(error.message))
  );
}

function entryOf(entry: KvEntry): Entry {
  return {
    value: entry.value,
    revision: entry.revision,
    writtenMs: entry.created.getTime(),
  };
}
