/**
 * The bus on Redis (6.2 or later) or Valkey (7.2 or later). Tickets are BullMQ jobs; everything else is small Lua scripts
 * over hashes and one stream per run; hints are Pub/Sub. Opened by open-bus.ts.
 * Invariant: every write is idempotent by content, since the client sends again what it got no answer for.
 */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Timers } from "../../time/timer.ts";
import { HINT_TOPICS, type HintTopic } from "../../wire/command.ts";
import type { FrameId } from "../../wire/frame/frame.ts";
import type { AppendResult, Bus } from "../bus.ts";
import { busClosed } from "../bus-closed.ts";
import { SignedBus, type SigningOptions } from "../signed/signed-bus.ts";
import {
  type KeptFrames,
  type OfferedText,
  RECORD_LIMITS,
  readNumber,
  type StoredFrame,
  type StoredSession,
  type StoredText,
  type TakenText,
  type Transport,
} from "../transport.ts";
import { RedisCalls } from "./calls.ts";
import { checkServer, connect, parseRedisUrl } from "./connection.ts";
import { RedisFrameLog } from "./frame-log.ts";
import { defineScripts } from "./scripts.ts";
import { RedisSessions } from "./sessions.ts";
import { RedisTickets } from "./tickets.ts";

export interface RedisLimits {
  /** Unacknowledged frame bytes per run. */
  readonly logBytes: number;
  readonly frameBytes: number;
  /** How long a ticket may be held without done(). */
  readonly ticketVisibilityMs: number;
  /** A call that takes longer rejects. */
  readonly callMs: number;
  /** The same for renewals, of which another comes soon. */
  readonly renewMs: number;
}

export const REDIS_LIMITS: RedisLimits = {
  logBytes: 256 * 1024 * 1024,
  frameBytes: 16 * 1024 * 1024,
  ticketVisibilityMs: 15_000,
  callMs: 5000,
  renewMs: 2000,
};

export interface RedisBusOptions {
  readonly url: string;
  /** Of all keys; a cluster of its own per prefix. */
  readonly prefix?: string;
  readonly timers: Timers;
  readonly limits?: Partial<RedisLimits>;
  /** How what it carries is signed. */
  readonly signing: SigningOptions;
}

/**
 * @throws OnrushError ONRUSH_BUS_UNREACHABLE, ONRUSH_BUS_UNSUITABLE (version, eviction policy) or ONRUSH_USAGE (the URL)
 */
export async function openRedisBus(options: RedisBusOptions): Promise<Bus> {
  const url = parseRedisUrl(options.url);
  const client = await connect(url, options.timers);
  try {
    await checkServer(client, url);
    defineScripts(client);
    const subscriber = await connect(url, options.timers);
    const { prefix = "onrush", timers } = options;
    const limits = { ...REDIS_LIMITS, ...options.limits };
    const calls = new RedisCalls({ client, url, prefix, timers, callMs: limits.callMs });
    return new SignedBus(new RedisTransport(calls, subscriber, limits, timers), options.signing);
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

class RedisTransport implements Transport {
  readonly kind = "redis";
  readonly #calls: RedisCalls;
  readonly #subscriber: Redis;
  readonly #limits: RedisLimits;
  readonly #tickets: RedisTickets;
  readonly #sessions: RedisSessions;
  readonly #log: RedisFrameLog;
  readonly #listeners = new Map<string, Set<(payload: string) => void>>();

  constructor(calls: RedisCalls, subscriber: Redis, limits: RedisLimits, timers: Timers) {
    this.#calls = calls;
    this.#subscriber = subscriber;
    this.#limits = limits;
    this.#sessions = new RedisSessions(calls, limits.renewMs);
    this.#log = new RedisFrameLog(calls, limits);
    this.#tickets = new RedisTickets({
      client: calls.client,
      prefix: calls.prefix,
      visibilityMs: limits.ticketVisibilityMs,
      timers,
      // The calls themselves reject; a background error mends itself with the connection.
      onError: () => {},
    });
    subscriber.on("message", (channel: string, payload: string) => this.#heard(channel, payload));
    // Kept by the client over reconnections.
    void subscriber.subscribe(...HINT_TOPICS.map((topic) => this.#channel(topic))).catch(() => {});
  }

  async time(): Promise<number> {
    const [seconds, micros] = await this.#calls.call(() => this.#calls.client.time());
    return Number(seconds) * 1_000_000 + Number(micros);
  }

  async generation(): Promise<string> {
    const values = [this.#calls.key("generation"), randomUUID()];
    return String(await this.#calls.script("onrushGeneration", values));
  }

  async getDocument(key: string): Promise<StoredText | null> {
    const values = [this.#calls.key("document", key), RECORD_LIMITS.document];
    const answer = await this.#calls.script("onrushGetDocument", values);
    if (!Array.isArray(answer)) return null;
    const [text, revision] = answer.map(String);
    return { text: text || null, revision: readNumber(revision) ?? 0 };
  }

  async putDocument(key: string, text: string, expectedRevision: number) {
    const answer = await this.#calls.script("onrushPutDocument", [
      this.#calls.key("revision"),
      this.#calls.key("document", key),
      text,
      expectedRevision,
    ]);
    return answer === "conflict" ? answer : Number(answer);
  }

  async deleteDocument(key: string): Promise<void> {
    await this.#calls.call(() => this.#calls.client.del(this.#calls.key("document", key)));
  }

  onHint(topic: HintTopic, listener: (payload: string) => void): () => void {
    if (this.#calls.closing.aborted) throw busClosed();
    const channel = this.#channel(topic);
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners);
    // The same function may listen twice.
    const own = (payload: string) => listener(payload);
    listeners.add(own);
    return () => listeners.delete(own);
  }

  async hint(topic: HintTopic, payload: string): Promise<void> {
    await this.#calls.call(() => this.#calls.client.publish(this.#channel(topic), payload));
  }

  openSession(info: string, nonce: string): Promise<number> {
    return this.#sessions.open(info, nonce);
  }

  renewSession(epoch: number, status: string): Promise<"ok" | "gone" | "unknown"> {
    return this.#sessions.renew(epoch, status);
  }

  resumeSession(epoch: number, info: string): Promise<"ok" | "gone"> {
    return this.#sessions.resume(epoch, info);
  }

  closeSession(epoch: number): Promise<void> {
    return this.#sessions.end(epoch);
  }

  endSession(epoch: number): Promise<void> {
    return this.#sessions.end(epoch);
  }

  visitSessions(isOurs: (session: StoredSession) => boolean): Promise<void> {
    return this.#sessions.visit(isOurs);
  }

  offerTicket(ticket: OfferedText): Promise<"queued" | "duplicate"> {
    return this.#calls.call(() => this.#tickets.offer(ticket));
  }

  async takeTicket(run: string, waitMs: number): Promise<TakenText | null> {
    const signal = this.#calls.closing;
    const taken = await this.#calls.call(
      () => this.#tickets.take(run, waitMs, signal),
      waitMs + this.#limits.callMs,
    );
    if (signal.aborted) throw busClosed();
    return taken;
  }

  claimSlice(run: string, slice: number, epoch: number): Promise<"held" | "taken"> {
    return this.#sessions.claim(run, slice, epoch);
  }

  releaseSlice(run: string, slice: number, epoch: number): Promise<void> {
    return this.#sessions.release(run, slice, epoch);
  }

  listClaims(run: string): Promise<ReadonlyMap<number, number>> {
    return this.#sessions.claims(run);
  }

  async lead(text: string, ttlMs: number, over: string): Promise<string> {
    const values = [this.#calls.key("lead"), text, ttlMs, over, RECORD_LIMITS.lead];
    return String(await this.#calls.script("onrushLead", values));
  }

  async releaseLead(text: string): Promise<void> {
    await this.#calls.script("onrushReleaseLead", [this.#calls.key("lead"), text]);
  }

  appendFrame(id: FrameId, body: Uint8Array, floor: number): Promise<AppendResult> {
    return this.#log.append(id, body, floor);
  }

  appendLateFrame(id: FrameId, body: Uint8Array): Promise<"ok" | "full"> {
    return this.#log.appendLate(id, body);
  }

  acknowledgedSeq(run: string, epoch: number): Promise<number> {
    return this.#log.acknowledgedSeq(run, epoch);
  }

  fence(run: string, epoch: number): Promise<void> {
    return this.#log.fence(run, epoch);
  }

  readFrames(run: string, cursor: string, max: number): Promise<readonly StoredFrame[]> {
    return this.#log.read(run, cursor, max);
  }

  acknowledgeFrames(run: string, cursor: string, kept: KeptFrames): Promise<void> {
    return this.#log.acknowledge(run, cursor, kept);
  }

  async forgetRun(run: string): Promise<void> {
    await this.#calls.call(() => this.#tickets.forgetRun(run), 4 * this.#limits.callMs);
    const keys = ["log", "writers", "claims"].map((kind) => this.#calls.key(kind, run));
    await this.#calls.call(() => this.#calls.client.del(...keys));
  }

  async close(): Promise<void> {
    if (this.#calls.closing.aborted) return;
    this.#calls.close();
    this.#listeners.clear();
    await this.#tickets.close();
    this.#subscriber.disconnect();
    this.#calls.client.disconnect();
  }

  #heard(channel: string, payload: string): void {
    if (channel === this.#channel("tickets-offered")) this.#tickets.wake();
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener(payload);
  }

  #channel(topic: HintTopic): string {
    return this.#calls.key("hint", topic);
  }
}
