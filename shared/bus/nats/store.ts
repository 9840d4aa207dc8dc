/**
 * Values under keys with compare-and-set, over one JetStream key-value bucket. Used by nats-bus.ts, sessions.ts and
 * documents.ts. Invariant: a revision is the sequence of the bucket's stream, so it only grows and is never used again,
 * also after the key was deleted.
 */
import { randomUUID } from "node:crypto";
import type { JetStreamManager } from "@nats-io/jetstream";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { NatsReader } from "./fetch.ts";
import { answered, racing } from "./streams.ts";

/** JetStream's answer to a write that expected another revision. */
const WRONG_LAST_SEQUENCE = 10071;
/**
 * Values kept per key. A list takes a moment between counting the last values and reading them; what is replaced in that
 * moment must still be there, or its key would seem to be gone.
 */
const HISTORY = 64;
/** Claims of a run at most: one per shard. */
const MOST_LISTED = 16_384;

const LEAD = "lead";

interface Lead {
  readonly id: string;
  /** From the writing on. */
  readonly ttlMs: number;
}

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
  static async make(connection: NatsConnection, bucket: string): Promise<void> {
    await racing(() => new Kvm(connection).create(bucket, { history: HISTORY }));
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

  /** @returns who has the lead now */
  async lead(
    id: string,
    { ttlMs, nowMs }: { readonly ttlMs: number; readonly nowMs: number },
  ): Promise<string> {
    for (;;) {
      const entry = await this.get(LEAD);
      const held = entry === null ? null : (JSON.parse(textOf(entry)) as Lead);
      const live = entry !== null && held !== null && entry.writtenMs + held.ttlMs > nowMs;
      if (live && held.id !== id) return held.id;
      const mine: Lead = { id, ttlMs };
      const revision = await this.cas(LEAD, JSON.stringify(mine), entry?.revision ?? 0);
      if (revision !== "conflict") return id;
    }
  }

  async releaseLead(id: string): Promise<void> {
    const entry = await this.get(LEAD);
    if (entry === null || (JSON.parse(textOf(entry)) as Lead).id !== id) return;
    // Over at once, unless somebody else has it by now.
    await this.cas(LEAD, JSON.stringify({ id, ttlMs: 0 } satisfies Lead), entry.revision);
  }

  /** Forgets the key, or all keys below it when it ends in ">". */
  async forget(key: string): Promise<void> {
    await this.#manager.streams.purge(`KV_${this.#bucket}`, {
      filter: `$KV.${this.#bucket}.${key}`,
    });
  }

  /** All entries below a key that ends in ">". */
  async list(pattern: string): Promise<ReadonlyMap<string, Entry>> {
    const prefix = `$KV.${this.#bucket}.`;
    const found = new Map<string, Entry>();
    const last = {
      stream: `KV_${this.#bucket}`,
      from: "last-per-subject",
      max: MOST_LISTED,
    } as const;
    for (const message of await this.#reader.fetch({ ...last, filter: `${prefix}${pattern}` })) {
      if (message.header("KV-Operation") !== "") continue;
      const { data, sequence, storedMs } = message;
      const key = message.subject.slice(prefix.length);
      found.set(key, { value: data, revision: sequence, writtenMs: storedMs });
    }
    return found;
  }
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
