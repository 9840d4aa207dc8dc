/**
 * Reads messages of a stream in one go: the last of each subject, or all from a sequence on. Used by the store and the frame
 * log. Invariant: reading changes nothing; the consumer it makes for that goes by itself when this side dies.
 */
import { AckPolicy, DeliverPolicy, type JetStreamManager } from "@nats-io/jetstream";
import { createInbox, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { RECORD_LIMITS } from "../transport.ts";

export interface StreamMessage {
  readonly subject: string;
  readonly sequence: number;
  /** Server's clock, milliseconds. */
  readonly storedMs: number;
  readonly data: Uint8Array;
  header(name: string): string;
}

export interface FetchOptions {
  readonly stream: string;
  readonly filter: string;
  /** First sequence, or the last message of each subject. */
  readonly from: number | "last-per-subject";
  readonly max: number;
}

const NANOSECONDS = 1_000_000;
/** The server drops a reader's consumer after this long without it. */
const FORGET_MS = 10_000;
/** Messages of one pull, and their bytes together; larger than the largest message there can be. */
const MOST_PULLED = 512;
const PULLED_BYTES = RECORD_LIMITS.reading;
/** A list from which counted messages are missing is made again, so often at most. */
const MOST_ATTEMPTS = 3;

export class NatsReader {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;

  constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.#connection = connection;
    this.#manager = manager;
  }

  /** What is there by now, in the order of the stream: at most `max` messages, and not much more than a pull's bytes. */
  async fetch(options: FetchOptions): Promise<readonly StreamMessage[]> {
    const messages: StreamMessage[] = [];
    await this.#read(options, { see: (message) => messages.push(message), onePull: true });
    return messages;
  }

  /** Shows what is there by now, some at a time. A list that was changed meanwhile is shown again. */
  async visit(options: FetchOptions, see: (message: StreamMessage) => void): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { seen, counted } = await this.#read(options, { see, onePull: false });
      // Counted and not there: replaced or purged since; a list might lack a key.
      if (seen >= counted || attempt === MOST_ATTEMPTS) return;
    }
  }

  async #read(
    { stream, filter, from, max }: FetchOptions,
    { see, onePull }: { see: (message: StreamMessage) => void; readonly onePull: boolean },
  ): Promise<{ readonly seen: number; readonly counted: number }> {
    const { name, num_pending: pending } = await this.#manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      filter_subject: filter,
      mem_storage: true,
      inactive_threshold: FORGET_MS * NANOSECONDS,
      ...(from === "last-per-subject"
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from) }),
    });
    try {
      const counted = Math.min(max, pending);
      let seen = 0;
      while (seen < counted) {
        const batch = Math.min(MOST_PULLED, counted - seen);
        const pulled = await this.#pull(`${stream}.${name}`, batch, see);
        seen += pulled;
        if (pulled === 0 || onePull) break;
      }
      return { seen, counted };
    } finally {
      // Not waited for: it would go by itself.
      this.#manager.consumers.delete(stream, name).catch(() => {});
    }
  }

  /** @returns how many came */
  async #pull(
    consumer: string,
    batch: number,
    see: (message: StreamMessage) => void,
  ): Promise<number> {
    const inbox = createInbox();
    const subscription = this.#connection.subscribe(inbox);
    // The server may have counted what was purged just then: without no_wait it would wait for that many to come.
    const request = JSON.stringify({ batch, no_wait: true, max_bytes: PULLED_BYTES });
    this.#connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${consumer}`, request, { reply: inbox });
    let pulled = 0;
    for await (const message of subscription) {
      // A status: there is no more to come, or no more fits.
      if ((message.headers?.code ?? 0) > 0) break;
      pulled++;
      see(readMessage(message));
      if (pulled === batch) break;
    }
    subscription.unsubscribe();
    return pulled;
  }
}

/** Where a delivered message lies: its reply subject says so, with a domain or without. */
function readMessage(message: Msg): StreamMessage {
  const tokens = (message.reply ?? "").split(".");
  const shift = tokens.length > 9 ? 2 : 0;
  return {
    subject: message.subject,
    sequence: Number(tokens[5 + shift]),
    storedMs: Number(tokens[7 + shift]) / NANOSECONDS,
    data: message.data,
    header: (name) => message.headers?.get(name) ?? "",
  };
}
