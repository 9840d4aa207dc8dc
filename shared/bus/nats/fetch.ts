/**
 * Reads messages of a stream in one go: the last of each subject, or all from a sequence on. Used by the store and the frame
 * log. Invariant: reading changes nothing; the consumer it makes for that goes by itself when this side dies.
 */
import { AckPolicy, DeliverPolicy, type JetStreamManager } from "@nats-io/jetstream";
import { createInbox, type Msg, type NatsConnection } from "@nats-io/transport-node";

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
/** A list from which counted messages are missing is made again, so often at most. */
const MOST_ATTEMPTS = 3;

export class NatsReader {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;

  constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.#connection = connection;
    this.#manager = manager;
  }

  /** What is there by now, in the order of the stream. */
  async fetch(options: FetchOptions): Promise<readonly StreamMessage[]> {
    for (let attempt = 1; ; attempt++) {
      const { messages, counted } = await this.#fetchOnce(options);
      // Counted and not there: replaced or purged since. Of a log that is all right; a list might lack a key.
      const isWhole = options.from !== "last-per-subject" || messages.length >= counted;
      if (isWhole || attempt === MOST_ATTEMPTS) return messages;
    }
  }

  async #fetchOnce({ stream, filter, from, max }: FetchOptions) {
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
      return { messages: await this.#pull(`${stream}.${name}`, counted), counted };
    } finally {
      // Not waited for: it would go by itself.
      this.#manager.consumers.delete(stream, name).catch(() => {});
    }
  }

  async #pull(consumer: string, count: number): Promise<StreamMessage[]> {
    const messages: StreamMessage[] = [];
    if (count === 0) return messages;
    const inbox = createInbox();
    const subscription = this.#connection.subscribe(inbox);
    // The server may have counted what was purged just then: without no_wait it would wait for that many to come.
    const request = JSON.stringify({ batch: count, no_wait: true });
    this.#connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${consumer}`, request, { reply: inbox });
    for await (const message of subscription) {
      // A status: there is no more to come.
      if ((message.headers?.code ?? 0) > 0) break;
      messages.push(readMessage(message));
      if (messages.length === count) break;
    }
    subscription.unsubscribe();
    return messages;
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
