/**
 * Tickets in a work-queue stream, with one consumer per run that all its workers share. Used by nats-bus.ts. Invariants: a ticket that is not
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
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { sleep, type Timers } from "../../time/timer.ts";
import { type OfferedText, RECORD_LIMITS, type TakenText } from "../transport.ts";
import { safe } from "./documents.ts";
import { awaitStream, ensureStream, ignoreNotFound, racing } from "./streams.ts";

const NANOSECONDS = 1_000_000;
/** How long an equal offer is known as a duplicate: longer than runs last. */
const KNOWN_MS = 24 * 60 * 60 * 1000;
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_UNACKNOWLEDGED = 100_000;
/** What headers and subject of a message take. */
const ENVELOPE_BYTES = 1024;
/** Between looks for the queue of a run that has none yet. */
const NO_QUEUE_MS = 250;

export interface NatsTicketsOptions {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly prefix: string;
  readonly visibilityMs: number;
  readonly timers: Timers;
}

export class NatsTickets {
  readonly #options: NatsTicketsOptions;
  readonly #client: JetStreamClient;
  readonly #stream: string;
  /** Runs whose consumer this side has made or seen. */
  readonly #made = new Set<string>();

  /** Makes the stream when it is not there. */
  static async make({ manager, prefix }: NatsTicketsOptions): Promise<void> {
    await ensureStream(manager, {
      name: streamOf(prefix),
      subjects: [`${prefix}.ticket.>`],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_bytes: MOST_BYTES,
      max_msg_size: RECORD_LIMITS.ticket + ENVELOPE_BYTES,
      duplicate_window: KNOWN_MS * NANOSECONDS,
    });
  }

  /** Waits until a coordinator has made it: the last thing it makes. */
  static async await({ manager, prefix, timers }: NatsTicketsOptions): Promise<void> {
    await awaitStream(manager, streamOf(prefix), timers);
  }

  constructor(options: NatsTicketsOptions) {
    this.#options = options;
    this.#client = jetstream(options.connection);
    this.#stream = streamOf(options.prefix);
  }

  async offer({ run, id, text }: OfferedText): Promise<"queued" | "duplicate"> {
    await this.#ensureConsumer(run);
    const msgID = `${run}.${id}`;
    const { duplicate } = await this.#client.publish(this.#subject(run), text, { msgID });
    return duplicate ? "duplicate" : "queued";
  }

  /** Resolves with null after waitMs. */
  async take(run: string, waitMs: number): Promise<TakenText | null> {
    const { connection } = this.#options;
    const message = await this.#next(run, waitMs);
    if ((message?.headers?.code ?? 0) > 0 || message?.reply === undefined) return null;
    const { reply } = message;
    // Confirmed; one that has come back already is confirmed as well.
    const settle = async (how: "+ACK" | "-NAK") => {
      await connection.request(reply, how, { timeout: 2000 }).catch(() => {});
    };
    return {
      text: message.data.length <= RECORD_LIMITS.ticket ? message.string() : null,
      done: () => settle("+ACK"),
      back: () => settle("-NAK"),
    };
  }

  async #next(run: string, waitMs: number): Promise<Msg | null> {
    const { connection } = this.#options;
    const leftMs = await this.#awaitQueue(run, waitMs);
    if (leftMs === null) return null;
    const request = JSON.stringify({ batch: 1, expires: Math.max(1, leftMs) * NANOSECONDS });
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${consumerOf(run)}`;
    try {
      // The server answers in time, with a ticket or a status; the ticket keeps its own subject, so no shared inbox.
      return await connection.request(subject, request, { timeout: leftMs + 2000, noMux: true });
    } catch (error) {
      // It says nothing at all for a consumer that is not there.
      this.#made.delete(run);
      throw error;
    }
  }

  /** @returns how much of the time to wait is left when the run has a queue; null when it got none */
  async #awaitQueue(run: string, waitMs: number): Promise<number | null> {
    const { manager, timers } = this.#options;
    for (let leftMs = waitMs; ; leftMs -= NO_QUEUE_MS) {
      if (this.#made.has(run)) return leftMs;
      const info = await manager.consumers
        .info(this.#stream, consumerOf(run))
        .catch(ignoreNotFound);
      if (info !== undefined) this.#made.add(run);
      else if (leftMs <= 0) return null;
      else await sleep(timers, Math.min(leftMs, NO_QUEUE_MS));
    }
  }

  /** The stream is another one now. */
  forgotten(): void {
    this.#made.clear();
  }

  async forgetRun(run: string): Promise<void> {
    const { manager } = this.#options;
    this.#made.delete(run);
    await manager.consumers.delete(this.#stream, consumerOf(run)).catch(ignoreNotFound);
    await manager.streams.purge(this.#stream, { filter: this.#subject(run) });
  }

  async #ensureConsumer(run: string): Promise<void> {
    if (this.#made.has(run)) return;
    const { manager, visibilityMs } = this.#options;
    await racing(() =>
      manager.consumers.add(this.#stream, {
        durable_name: consumerOf(run),
        filter_subject: this.#subject(run),
        ack_policy: AckPolicy.Explicit,
        ack_wait: visibilityMs * NANOSECONDS,
        max_deliver: -1,
        max_ack_pending: MOST_UNACKNOWLEDGED,
      }),
    );
    this.#made.add(run);
  }

  #subject(run: string): string {
    return `${this.#options.prefix}.ticket.${safe(run)}`;
  }
}

function consumerOf(run: string): string {
  return `run-${safe(run)}`;
}

function streamOf(prefix: string): string {
  return `${prefix}_tickets`;
}
