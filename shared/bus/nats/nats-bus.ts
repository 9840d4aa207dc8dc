/**
 * The bus on NATS (2.9 or later) with JetStream: a work queue for tickets, a key-value bucket for documents, sessions and
 * claims, a stream per run for frames, core subjects for hints. Opened by shared/bus/open-bus.ts.
 * Invariant: nothing that needs a newer server than 2.9, and every write is idempotent by content.
 */
import { randomUUID } from "node:crypto";
import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import { OnrushError } from "../../errors.ts";
import type { Clock } from "../../time/clock.ts";
import type { Timers } from "../../time/timer.ts";
import type { HintTopic } from "../../wire/command.ts";
import type { FrameId } from "../../wire/frame.ts";
import type { Ticket } from "../../wire/ticket.ts";
import type { WorkerInfo, WorkerStatus } from "../../wire/worker-info.ts";
import { BoundedCalls } from "../bounded-calls.ts";
import type {
  AppendResult,
  Bus,
  BusDocument,
  FrameEntry,
  SessionRecord,
  TakenTicket,
} from "../bus.ts";
import { busClosed } from "../bus-closed.ts";
import { checkServer, connect, parseNatsUrl, unreachable } from "./connection.ts";
import { NatsDocuments } from "./documents.ts";
import { NatsFrameLog } from "./frame-log.ts";
import { NatsSessions } from "./sessions.ts";
import { NatsStore } from "./store.ts";
import { NatsTickets } from "./tickets.ts";

export interface NatsLimits {
  /** Unacknowledged frame bytes of all runs together. */
  readonly logBytes: number;
  /** How long a ticket may be held without done(). */
  readonly ticketVisibilityMs: number;
  /** A call that takes longer rejects. */
  readonly callMs: number;
  /** The same for renewals, of which another comes soon. */
  readonly renewMs: number;
}

export const NATS_LIMITS: NatsLimits = {
  logBytes: 256 * 1024 * 1024,
  ticketVisibilityMs: 15_000,
  callMs: 5000,
  renewMs: 2000,
};

export interface NatsBusOptions {
  readonly url: string;
  /** Of all streams, buckets and subjects; a cluster of its own per prefix. Letters, digits and dashes. */
  readonly prefix?: string;
  /** A coordinator makes streams and buckets; a worker waits for them. */
  readonly role: "coordinator" | "worker";
  readonly clock: Pick<Clock, "wallMs">;
  readonly timers: Timers;
  readonly limits?: Partial<NatsLimits>;
}

/** @throws OnrushError ONRUSH_BUS_UNREACHABLE, ONRUSH_BUS_UNSUITABLE (version, JetStream) or ONRUSH_USAGE (the URL) */
export async function openNatsBus(options: NatsBusOptions): Promise<Bus> {
  const { prefix = "onrush", clock, timers } = options;
  const limits = { ...NATS_LIMITS, ...options.limits };
  const url = parseNatsUrl(options.url);
  const connection = await connect(url, timers);
  try {
    const manager = await checkServer(connection, url);
    const { ticketVisibilityMs: visibilityMs, logBytes, callMs } = limits;
    const tickets = { connection, manager, prefix, visibilityMs };
    if (options.role === "coordinator") {
      await NatsStore.make(connection, stateOf(prefix));
      await NatsFrameLog.make(manager, prefix, logBytes);
      await NatsTickets.make(tickets);
    } else await NatsTickets.await(tickets, timers);
    const store = await NatsStore.open(connection, manager, stateOf(prefix));
    return new NatsBus({
      connection,
      prefix,
      limits,
      store,
      tickets: new NatsTickets(tickets),
      calls: new BoundedCalls({ timers, callMs, unreachable: (cause) => unreachable(url, cause) }),
      documents: new NatsDocuments(store),
      sessions: new NatsSessions(store, clock),
      log: new NatsFrameLog({ connection, manager, store, prefix }),
    });
  } catch (error) {
    await connection.close();
    throw error instanceof OnrushError ? error : unreachable(url, error);
  }
}

function stateOf(prefix: string): string {
  return `${prefix}_state`;
}

interface NatsBusParts {
  readonly connection: NatsConnection;
  readonly prefix: string;
  readonly limits: NatsLimits;
  readonly calls: BoundedCalls;
  readonly store: NatsStore;
  readonly tickets: NatsTickets;
  readonly documents: NatsDocuments;
  readonly sessions: NatsSessions;
  readonly log: NatsFrameLog;
}

class NatsBus implements Bus {
  readonly kind = "nats";
  readonly #parts: NatsBusParts;
  readonly #calls: BoundedCalls;
  /** Where this side asks the server for the time. */
  readonly #clockKey = `clock.${randomUUID()}`;

  constructor(parts: NatsBusParts) {
    this.#parts = parts;
    this.#calls = parts.calls;
  }

  async time(): Promise<number> {
    return (await this.#calls.call(() => this.#serverMs())) * 1000;
  }

  getDocument(key: string): Promise<BusDocument | null> {
    return this.#calls.call(() => this.#parts.documents.get(key));
  }

  putDocument(key: string, value: unknown, expectedRevision: number): Promise<number | "conflict"> {
    return this.#calls.call(() => this.#parts.documents.put(key, value, expectedRevision));
  }

  deleteDocument(key: string): Promise<void> {
    return this.#calls.call(() => this.#parts.documents.delete(key));
  }

  onHint(topic: HintTopic, listener: (payload: string) => void): () => void {
    if (this.#calls.closing.aborted) throw busClosed();
    const subscription: Subscription = this.#parts.connection.subscribe(this.#hintSubject(topic), {
      callback: (error, message) => {
        if (error === null) listener(message.string());
      },
    });
    return () => subscription.unsubscribe();
  }

  hint(topic: HintTopic, payload: string): Promise<void> {
    return this.#calls.call(async () => {
      this.#parts.connection.publish(this.#hintSubject(topic), payload);
    });
  }

  openSession(info: WorkerInfo, nonce: string): Promise<number> {
    return this.#calls.call(() => this.#parts.sessions.open(info, nonce));
  }

  renewSession(epoch: number, status: WorkerStatus): Promise<"ok" | "gone"> {
    const { sessions, limits } = this.#parts;
    return this.#calls.call(() => sessions.renew(epoch, status), limits.renewMs);
  }

  closeSession(epoch: number): Promise<void> {
    return this.endSession(epoch);
  }

  endSession(epoch: number): Promise<void> {
    return this.#calls.call(() => this.#parts.sessions.end(epoch));
  }

  listSessions(): Promise<readonly SessionRecord[]> {
    return this.#calls.call(async () => this.#parts.sessions.list(await this.#serverMs()));
  }

  offerTicket(ticket: Ticket): Promise<"queued" | "duplicate"> {
    return this.#calls.call(() => this.#parts.tickets.offer(ticket));
  }

  takeTicket(waitMs: number): Promise<TakenTicket | null> {
    return this.#calls.call(() => this.#parts.tickets.take(waitMs), waitMs + this.#calls.callMs);
  }

  claimShard(run: string, shard: number, epoch: number): Promise<"held" | "taken"> {
    return this.#calls.call(() => this.#parts.sessions.claim(run, shard, epoch));
  }

  listClaims(run: string): Promise<ReadonlyMap<number, number>> {
    return this.#calls.call(() => this.#parts.sessions.claims(run));
  }

  appendFrame(id: FrameId, body: Uint8Array): Promise<AppendResult> {
    return this.#calls.call(() => this.#parts.log.append(id, body));
  }

  acknowledgedSeq(run: string, epoch: number): Promise<number> {
    return this.#calls.call(() => this.#parts.log.acknowledgedSeq(run, epoch));
  }

  fence(run: string, epoch: number): Promise<void> {
    return this.#calls.call(() => this.#parts.log.fence(run, epoch));
  }

  readFrames(run: string, cursor: string, max: number): Promise<readonly FrameEntry[]> {
    return this.#calls.call(() => this.#parts.log.read(run, cursor, max));
  }

  acknowledgeFrames(run: string, cursor: string): Promise<void> {
    return this.#calls.call(() => this.#parts.log.acknowledge(run, cursor));
  }

  forgetRun(run: string): Promise<void> {
    const { tickets, sessions, log } = this.#parts;
    return this.#calls.call(async () => {
      await tickets.forgetRun(run);
      await sessions.forgetRun(run);
      await log.forgetRun(run);
    });
  }

  async close(): Promise<void> {
    if (this.#calls.closing.aborted) return;
    this.#calls.close();
    await this.#parts.connection.close().catch(() => {});
  }

  /** When the server stored something just now; two calls, of which the first counts. */
  async #serverMs(): Promise<number> {
    const { store } = this.#parts;
    await store.put(this.#clockKey, "");
    return (await store.get(this.#clockKey))?.writtenMs ?? 0;
  }

  #hintSubject(topic: HintTopic): string {
    return `${this.#parts.prefix}.hint.${topic}`;
  }
}
