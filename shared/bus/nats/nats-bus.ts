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
import type { FrameId } from "../../wire/frame/frame.ts";
import { BoundedCalls } from "../bounded-calls.ts";
import type { AppendResult, Bus } from "../bus.ts";
import { busClosed } from "../bus-closed.ts";
import { SignedBus, type SigningOptions } from "../signed/signed-bus.ts";
import type {
  KeptFrames,
  OfferedText,
  StoredFrame,
  StoredSession,
  StoredText,
  TakenText,
  Transport,
} from "../transport.ts";
import { checkServer, connect, parseNatsUrl, unreachable } from "./connection.ts";
import { NatsDocuments } from "./documents.ts";
import { NatsFrameLog } from "./frame-log.ts";
import { NatsSessions } from "./sessions.ts";
import { NatsStore } from "./store.ts";
import { isNotFound } from "./streams.ts";
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
  /** How what it carries is signed. */
  readonly signing: SigningOptions;
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
    const tickets = { connection, manager, prefix, visibilityMs, timers };
    const bucket = `${prefix}_state`;
    const make = async () => {
      await NatsStore.make(connection, manager, bucket);
      await NatsFrameLog.make(manager, prefix, logBytes);
      await NatsTickets.make(tickets);
    };
    if (options.role === "coordinator") await make();
    else await NatsTickets.await(tickets);
    const store = await NatsStore.open(connection, manager, bucket);
    const transport = new NatsTransport({
      connection,
      prefix,
      limits,
      store,
      make: options.role === "coordinator" ? make : null,
      tickets: new NatsTickets(tickets),
      calls: new BoundedCalls({ timers, callMs, unreachable: (cause) => unreachable(url, cause) }),
      documents: new NatsDocuments(store),
      sessions: new NatsSessions(store, clock),
      log: new NatsFrameLog({ connection, manager, store, prefix }),
    });
    return new SignedBus(transport, options.signing);
  } catch (error) {
    await connection.close();
    throw error instanceof OnrushError ? error : unreachable(url, error);
  }
}

interface NatsBusParts {
  readonly connection: NatsConnection;
  readonly prefix: string;
  readonly limits: NatsLimits;
  readonly calls: BoundedCalls;
  readonly store: NatsStore;
  /** Makes all streams and buckets that are not there; null for a side that may not. */
  readonly make: (() => Promise<void>) | null;
  readonly tickets: NatsTickets;
  readonly documents: NatsDocuments;
  readonly sessions: NatsSessions;
  readonly log: NatsFrameLog;
}

class NatsTransport implements Transport {
  readonly kind = "nats";
  readonly #parts: NatsBusParts;
  readonly #calls: BoundedCalls;
  /** What a wiped server lacks is being made. */
  #making: Promise<void> | null = null;
  /** Where this side asks the server for the time. */
  readonly #clockKey = `clock.${randomUUID()}`;

  constructor(parts: NatsBusParts) {
    this.#parts = parts;
    this.#calls = parts.calls;
  }

  async time(): Promise<number> {
    return (await this.#call(() => this.#serverMs())) * 1000;
  }

  generation(): Promise<string> {
    return this.#call(() => this.#parts.store.generation());
  }

  getDocument(key: string): Promise<StoredText | null> {
    return this.#call(() => this.#parts.documents.get(key));
  }

  putDocument(key: string, text: string, expectedRevision: number): Promise<number | "conflict"> {
    return this.#call(() => this.#parts.documents.put(key, text, expectedRevision));
  }

  deleteDocument(key: string): Promise<void> {
    return this.#call(() => this.#parts.documents.delete(key));
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
    return this.#call(async () => {
      this.#parts.connection.publish(this.#hintSubject(topic), payload);
    });
  }

  openSession(info: string, nonce: string): Promise<number> {
    return this.#call(() => this.#parts.sessions.open(info, nonce));
  }

  renewSession(epoch: number, status: string): Promise<"ok" | "gone" | "unknown"> {
    const { sessions, limits } = this.#parts;
    return this.#call(() => sessions.renew(epoch, status), limits.renewMs);
  }

  resumeSession(epoch: number, info: string): Promise<"ok" | "gone"> {
    return this.#call(() => this.#parts.sessions.resume(epoch, info));
  }

  closeSession(epoch: number): Promise<void> {
    return this.endSession(epoch);
  }

  endSession(epoch: number): Promise<void> {
    return this.#call(() => this.#parts.sessions.end(epoch));
  }

  visitSessions(isOurs: (session: StoredSession) => boolean): Promise<void> {
    return this.#call(async () => this.#parts.sessions.visit(isOurs, await this.#serverMs()));
  }

  offerTicket(ticket: OfferedText): Promise<"queued" | "duplicate"> {
    return this.#call(() => this.#parts.tickets.offer(ticket));
  }

  takeTicket(run: string, waitMs: number): Promise<TakenText | null> {
    const { tickets } = this.#parts;
    return this.#call(() => tickets.take(run, waitMs), waitMs + this.#calls.callMs);
  }

  claimSlice(run: string, slice: number, epoch: number): Promise<"held" | "taken"> {
    return this.#call(() => this.#parts.sessions.claim(run, slice, epoch));
  }

  releaseSlice(run: string, slice: number, epoch: number): Promise<void> {
    return this.#call(() => this.#parts.sessions.release(run, slice, epoch));
  }

  listClaims(run: string): Promise<ReadonlyMap<number, number>> {
    return this.#call(() => this.#parts.sessions.claims(run));
  }

  appendFrame(id: FrameId, body: Uint8Array, floor: number): Promise<AppendResult> {
    return this.#call(() => this.#parts.log.append(id, body, floor));
  }

  appendLateFrame(id: FrameId, body: Uint8Array): Promise<"ok" | "full"> {
    return this.#call(() => this.#parts.log.appendLate(id, body));
  }

  acknowledgedSeq(run: string, epoch: number): Promise<number> {
    return this.#call(() => this.#parts.log.acknowledgedSeq(run, epoch));
  }

  fence(run: string, epoch: number): Promise<void> {
    return this.#call(() => this.#parts.log.fence(run, epoch));
  }

  readFrames(run: string, cursor: string, max: number): Promise<readonly StoredFrame[]> {
    return this.#call(() => this.#parts.log.read(run, cursor, max));
  }

  acknowledgeFrames(run: string, cursor: string, kept: KeptFrames): Promise<void> {
    return this.#call(() => this.#parts.log.acknowledge(run, cursor, kept));
  }

  forgetRun(run: string): Promise<void> {
    const { tickets, sessions, log } = this.#parts;
    return this.#call(async () => {
      await tickets.forgetRun(run);
      await sessions.forgetRun(run);
      await log.forgetRun(run);
    });
  }

  lead(text: string, ttlMs: number, over: string): Promise<string> {
    return this.#call(async () => {
      const nowMs = await this.#serverMs();
      return this.#parts.store.lead({ text, ttlMs }, { over, nowMs });
    });
  }

  releaseLead(text: string): Promise<void> {
    return this.#call(() => this.#parts.store.releaseLead(text));
  }

  async close(): Promise<void> {
    if (this.#calls.closing.aborted) return;
    this.#calls.close();
    await this.#parts.connection.close().catch(() => {});
  }

  /** A side that may makes what a wiped server lacks, and calls again. */
  #call<T>(call: () => Promise<T>, withinMs?: number): Promise<T> {
    const { make } = this.#parts;
    return this.#calls.call(async () => {
      try {
        return await call();
      } catch (error) {
        if (make === null || !isNotFound(error)) throw error;
        await this.#makeAgain(make);
        return call();
      }
    }, withinMs);
  }

  /** Once, however many calls have found it missing: a server asked to make a stream many times at once may hang. */
  #makeAgain(make: () => Promise<void>): Promise<void> {
    this.#making ??= make()
      .then(() => {
        this.#parts.tickets.forgotten();
        this.#parts.log.forgotten();
      })
      .finally(() => {
        this.#making = null;
      });
    return this.#making;
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
