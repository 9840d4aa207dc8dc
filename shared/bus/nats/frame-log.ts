/**
 * The fenced, idempotent frame log of each run: one stream for all, one subject per run and epoch. Used by nats-bus.ts.
 * Each append expects to follow the last message of its subject, so a second writer, a repeated call and a fence, which is
 * a message too, all break the chain and are distinguished by looking at that message. Invariant: the last message of a
 * subject is never removed, or its epoch could begin again.
 */
import {
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  RetentionPolicy,
} from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { OnrushError } from "../../errors.ts";
import type { FrameId } from "../../wire/frame/frame.ts";
import type { AppendResult } from "../bus.ts";
import { type KeptFrames, RECORD_LIMITS, readNumber, type StoredFrame } from "../transport.ts";
import { NatsAcknowledged } from "./acknowledged.ts";
import { safe } from "./documents.ts";
import { NatsReader, type StreamMessage } from "./fetch.ts";
import { isWrongSequence, type NatsStore } from "./store.ts";
import { answered, ensureStream } from "./streams.ts";

const SEQ = "Onrush-Seq";
const FENCE = "Onrush-Fence";
/** Before the epoch in the subject of late frames. */
const LATE = "late-";
const STREAM_NOT_FOUND = 10059;
const NO_MESSAGE = 10037;
const FULL_CODES: readonly unknown[] = [10047, 10077, 10122];
/** What headers and subject of a message take. */
const ENVELOPE_BYTES = 1024;

/** The end of a subject: frames up to `seq` are there, and what the next one has to follow. */
interface Tail {
  readonly seq: number;
  readonly sequence: number;
  readonly fenced: boolean;
}

/** Messages read at once to see where a log ends. */
const MOST_READ = 512;

interface LogName {
  readonly run: string;
  readonly life: string;
}

export interface NatsFrameLogOptions {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly store: NatsStore;
  readonly prefix: string;
}

export class NatsFrameLog {
  readonly #options: NatsFrameLogOptions;
  readonly #client: JetStreamClient;
  readonly #reader: NatsReader;
  readonly #acknowledged: NatsAcknowledged;
  readonly #tails = new Map<string, Tail>();

  /**
   * Makes the stream when it is not there.
   * @param logBytes unacknowledged frame bytes of all runs together
   */
  static async make(manager: JetStreamManager, prefix: string, logBytes: number): Promise<void> {
    await ensureStream(manager, {
      name: streamOf(prefix),
      subjects: [`${prefix}.log.>`],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      max_bytes: logBytes,
      max_msg_size: RECORD_LIMITS.frame + ENVELOPE_BYTES,
      allow_direct: true,
    });
  }

  constructor(options: NatsFrameLogOptions) {
    this.#options = options;
    this.#client = jetstream(options.connection);
    this.#reader = new NatsReader(options.connection, options.manager);
    this.#acknowledged = new NatsAcknowledged(options.store);
  }

  /** @throws OnrushError ONRUSH_LIMITS_TOO_LOW for a frame larger than a message of this server may be */
  async append(id: FrameId, body: Uint8Array, floor: number): Promise<AppendResult> {
    this.#checkSize(body);
    const subject = this.#subject(id.run, id.epoch);
    const known = this.#tails.get(subject);
    const tail = known !== undefined && known.seq + 1 === id.seq ? known : await this.#tail(id);
    if (tail.fenced) return "fenced";
    if (id.seq <= tail.seq) return "duplicate";
    const expected = tail.seq < 0 ? floor : tail.seq + 1;
    if (id.seq !== expected) return "out-of-order";
    const envelope = headers();
    envelope.set(SEQ, String(id.seq));
    try {
      const { seq: sequence } = await this.#client.publish(subject, body, {
        headers: envelope,
        expect: { lastSubjectSequence: tail.sequence },
      });
      this.#tails.set(subject, { seq: id.seq, sequence, fenced: false });
      return "ok";
    } catch (error) {
      this.#tails.delete(subject);
      if (isFull(error)) return "full";
      if (!isWrongSequence(error)) throw error;
      // Somebody wrote meanwhile: a fence, or this very frame by a call whose answer was lost.
      const now = await this.#tail(id);
      if (now.fenced) return "fenced";
      return now.seq >= id.seq ? "duplicate" : "out-of-order";
    }
  }

  /** Of a fenced epoch: beside the chain. */
  async appendLate(id: FrameId, body: Uint8Array): Promise<"ok" | "full"> {
    this.#checkSize(body);
    const envelope = headers();
    envelope.set(SEQ, String(id.seq));
    try {
      const subject = this.#subject(id.run, `${LATE}${id.epoch}`);
      await this.#client.publish(subject, body, { headers: envelope });
      return "ok";
    } catch (error) {
      if (isFull(error)) return "full";
      throw error;
    }
  }

  async acknowledgedSeq(run: string, epoch: number): Promise<number> {
    const life = await this.#options.store.generation();
    return (await this.#acknowledged.get(run, life)).value.epochs[epoch] ?? -1;
  }

  async fence(run: string, epoch: number): Promise<void> {
    if ((await this.#tail({ run, epoch })).fenced) return;
    const envelope = headers();
    envelope.set(FENCE, "1");
    await this.#client.publish(this.#subject(run, epoch), "", { headers: envelope });
  }

  async read(run: string, cursor: string, max: number): Promise<readonly StoredFrame[]> {
    const life = await this.#options.store.generation();
    const { value } = await this.#acknowledged.get(run, life);
    const from = Math.max(sequenceOf(cursor, life), value.sequence) + 1;
    const entries: StoredFrame[] = [];
    for (let next = from; entries.length < max; ) {
      const messages = await this.#messages(run, next, max);
      const last = messages.at(-1);
      if (last === undefined) break;
      entries.push(...messages.filter(isFrame).map((message) => entryOf({ run, life }, message)));
      next = last.sequence + 1;
    }
    return entries.slice(0, max);
  }

  async acknowledge(run: string, cursor: string, { seqs }: KeptFrames): Promise<void> {
    const life = await this.#options.store.generation();
    const upTo = sequenceOf(cursor, life);
    const { value, revision } = await this.#acknowledged.get(run, life);
    // Sequences of a log that was forgotten since name other frames here.
    if (upTo <= value.sequence) return;
    const epochs: Record<string, number> = { ...value.epochs };
    for (const [epoch, seq] of seqs) epochs[epoch] = Math.max(epochs[epoch] ?? -1, seq);
    const { manager } = this.#options;
    const next = { life, sequence: upTo, epochs };
    if ((await this.#acknowledged.replace(run, next, revision)) === "conflict") {
      await this.acknowledge(run, cursor, { seqs, bytes: 0 });
      return;
    }
    const lastOf = await this.#lastOf(run, value.sequence + 1, upTo);
    for (const [filter, seq] of lastOf) {
      // What no worker has signed stays until the run goes: it may have a hundred thousand subjects.
      if (!Object.hasOwn(epochs, writerOf(filter).replace(LATE, ""))) continue;
      // Up to the subject's last, which stays. "Below 1" would mean everything to the server.
      if (seq > 1) await manager.streams.purge(this.#stream, { filter, seq });
    }
  }

  /** The stream is another one now. */
  forgotten(): void {
    this.#tails.clear();
  }

  async forgetRun(run: string): Promise<void> {
    await this.#acknowledged.forget(run);
    const subjects = this.#subject(run, "");
    for (const subject of [...this.#tails.keys()]) {
      if (subject.startsWith(subjects)) this.#tails.delete(subject);
    }
    await this.#options.manager.streams.purge(this.#stream, { filter: this.#subject(run) });
  }

  /** Of each subject, the last sequence in a part of the log. */
  async #lastOf(run: string, from: number, upTo: number): Promise<ReadonlyMap<string, number>> {
    const lastOf = new Map<string, number>();
    for (let next = from; next <= upTo; ) {
      const messages = await this.#messages(run, next, MOST_READ);
      const last = messages.at(-1);
      if (last === undefined) break;
      for (const { subject, sequence } of messages) {
        if (sequence <= upTo) lastOf.set(subject, sequence);
      }
      next = last.sequence + 1;
    }
    return lastOf;
  }

  async #messages(run: string, from: number, max: number): Promise<readonly StreamMessage[]> {
    const stream = this.#stream;
    try {
      return await this.#reader.fetch({ stream, filter: this.#subject(run), from, max });
    } catch (error) {
      if (codeOf(error) === STREAM_NOT_FOUND) return [];
      throw error;
    }
  }

  async #tail({ run, epoch }: Omit<FrameId, "seq">): Promise<Tail> {
    const nothing: Tail = { seq: -1, sequence: 0, fenced: false };
    try {
      const { manager } = this.#options;
      const stream = this.#stream;
      const query = { last_by_subj: this.#subject(run, epoch) };
      const ask = () => manager.direct.getMessage(stream, query);
      const last = await answered(ask, { manager, stream });
      if (last === null) return nothing;
      const fenced = last.header.get(FENCE) !== "";
      return { seq: readNumber(last.header.get(SEQ)) ?? -1, sequence: last.seq, fenced };
    } catch (error) {
      if (codeOf(error) === NO_MESSAGE) return nothing;
      throw error;
    }
  }

  #checkSize(body: Uint8Array): void {
    const most = this.#options.connection.info?.max_payload ?? 1024 * 1024;
    if (body.length + ENVELOPE_BYTES <= most) return;
    throw new OnrushError({
      code: "ONRUSH_LIMITS_TOO_LOW",
      message: `A frame has ${body.length} bytes; the NATS server takes messages of ${most} at most.`,
      remedy: "Raise max_payload in the server's configuration, for example to 8MB.",
    });
  }

  get #stream(): string {
    return streamOf(this.#options.prefix);
  }

  #subject(run: string, epoch: number | string = "*"): string {
    return `${this.#options.prefix}.log.${safe(run)}.${epoch}`;
  }
}

function streamOf(prefix: string): string {
  return `${prefix}_log`;
}

/** A fence is none, and nothing to read. */
function isFrame(message: StreamMessage): boolean {
  return message.header(FENCE) === "";
}

/** The end of a subject: an epoch, or one behind LATE. */
const writerOf = (subject: string) => subject.slice(subject.lastIndexOf(".") + 1);

function entryOf({ run, life }: LogName, message: StreamMessage): StoredFrame {
  const writer = writerOf(message.subject);
  const late = writer.startsWith(LATE);
  const epoch = readNumber(late ? writer.slice(LATE.length) : writer);
  const seq = readNumber(message.header(SEQ));
  return {
    // With its life, so that a cursor into a log that was forgotten cannot be taken for one into the next.
    cursor: `${message.sequence}@${life}`,
    id: epoch === null || seq === null ? null : { run, epoch, seq },
    body:
      message.data.length > 0 && message.data.length <= RECORD_LIMITS.frame ? message.data : null,
    late,
  };
}

/** 0 for the start, and for a cursor of another life. */
function sequenceOf(cursor: string, life: string): number {
  const [sequence, of] = cursor.split("@");
  return of === life ? Number(sequence) : 0;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as { code?: unknown }).code : undefined;
}

function isFull(error: unknown): boolean {
  return (
    FULL_CODES.includes(codeOf(error)) ||
    (error instanceof Error &&
      /maximum bytes|insufficient (storage|resources)/i.test(error.message))
  );
}
