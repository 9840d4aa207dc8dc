/**
 * Tickets in a work-queue stream with one consumer for all workers. Used by nats-bus.ts. Invariants: a ticket that is not
 * done in time comes back; an acknowledgement is no lease, and a late one harms nobody since holding a shard takes a claim.
 */
import {
  AckPolicy,
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  RetentionPolicy,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Timers } from "../../time/timer.ts";
import { type Ticket, ticketId } from "../../wire/ticket.ts";
import type { TakenTicket } from "../bus.ts";
import { safe } from "./documents.ts";
import { awaitStream, ensureStream, racing } from "./streams.ts";

const CONSUMER = "workers";
const NANOSECONDS = 1_000_000;
/** How long an equal offer is known as a duplicate: longer than runs last. */
const KNOWN_MS = 24 * 60 * 60 * 1000;
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_UNACKNOWLEDGED = 100_000;

export interface NatsTicketsOptions {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly prefix: string;
  readonly visibilityMs: number;
}

export class NatsTickets {
  readonly #options: NatsTicketsOptions;
  readonly #client: JetStreamClient;
  readonly #stream: string;

  /** Makes the stream and its consumer when they are not there. */
  static async make({ manager, prefix, visibilityMs }: NatsTicketsOptions): Promise<void> {
    const stream = streamOf(prefix);
    await ensureStream(manager, {
      name: stream,
      subjects: [`${prefix}.ticket.>`],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_bytes: MOST_BYTES,
      duplicate_window: KNOWN_MS * NANOSECONDS,
    });
    await racing(() =>
      manager.consumers.add(stream, {
        durable_name: CONSUMER,
        ack_policy: AckPolicy.Explicit,
        ack_wait: visibilityMs * NANOSECONDS,
        max_deliver: -1,
        max_ack_pending: MOST_UNACKNOWLEDGED,
      }),
    );
  }

  /** Waits until a coordinator has made them: the last thing it makes. */
  static async await({ manager, prefix }: NatsTicketsOptions, timers: Timers): Promise<void> {
    await awaitStream(manager, { stream: streamOf(prefix), consumer: CONSUMER }, timers);
  }

  constructor(options: NatsTicketsOptions) {
    this.#options = options;
    this.#client = jetstream(options.connection);
    this.#stream = streamOf(options.prefix);
  }

  async offer(ticket: Ticket): Promise<"queued" | "duplicate"> {
    const subject = `${this.#options.prefix}.ticket.${safe(ticket.run)}`;
    const { duplicate } = await this.#client.publish(subject, JSON.stringify(ticket), {
      msgID: ticketId(ticket),
    });
    return duplicate ? "duplicate" : "queued";
  }

  /** Resolves with null after waitMs. */
  async take(waitMs: number): Promise<TakenTicket | null> {
    const { connection } = this.#options;
    const request = JSON.stringify({ batch: 1, expires: Math.max(1, waitMs) * NANOSECONDS });
    const message = await connection.request(
      `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${CONSUMER}`,
      request,
      // The server answers in time, with a ticket or a status; the ticket keeps its own subject, so no shared inbox.
      { timeout: waitMs + 2000, noMux: true },
    );
    if ((message.headers?.code ?? 0) > 0 || message.reply === undefined) return null;
    const { run, shard, offer } = message.json<Ticket>();
    const { reply } = message;
    return {
      ticket: { run, shard, offer },
      done: async () => {
        // Confirmed; one that has come back already is confirmed as well.
        await connection.request(reply, "+ACK", { timeout: 2000 }).catch(() => {});
      },
    };
  }

  async forgetRun(run: string): Promise<void> {
    const filter = `${this.#options.prefix}.ticket.${safe(run)}`;
    await this.#options.manager.streams.purge(this.#stream, { filter });
  }
}

function streamOf(prefix: string): string {
  return `${prefix}_tickets`;
}
