/**
 * One side of a memory store as a transport: the reference the others are held to. Used by memory-bus.ts and by the ipc
 * server. Invariant: closing a side ends that side's calls only; the store's state stays.
 */
import { setMaxListeners } from "node:events";
import type { HintTopic } from "../../wire/command.ts";
import type { FrameId } from "../../wire/frame/frame.ts";
import type { AppendResult } from "../bus.ts";
import { busClosed } from "../bus-closed.ts";
import {
  type KeptFrames,
  type OfferedText,
  STRANGERS_KEPT,
  type StoredFrame,
  type StoredSession,
  type StoredText,
  type TakenText,
  type Transport,
} from "../transport.ts";
import type { MemoryStore } from "./store.ts";

export class MemoryTransport implements Transport {
  readonly kind = "ipc";
  readonly #store: MemoryStore;
  readonly #closing = new AbortController();
  readonly #unsubscribes = new Set<() => void>();

  constructor(store: MemoryStore) {
    this.#store = store;
    // One listener per waiting takeTicket; whoever serves others bounds their calls.
    setMaxListeners(0, this.#closing.signal);
  }

  async time(): Promise<number> {
    return this.#open().clock.monotonicUs();
  }

  async generation(): Promise<string> {
    return String(this.#open().generation);
  }

  async getDocument(key: string): Promise<StoredText | null> {
    return this.#open().documents.get(key);
  }

  async putDocument(
    key: string,
    text: string,
    expectedRevision: number,
  ): Promise<number | "conflict"> {
    return this.#open().documents.put(key, text, expectedRevision);
  }

  async deleteDocument(key: string): Promise<void> {
    this.#open().documents.delete(key);
  }

  onHint(topic: HintTopic, listener: (payload: string) => void): () => void {
    const off = this.#open().hints.on(topic, listener);
    const unsubscribe = () => {
      off();
      this.#unsubscribes.delete(unsubscribe);
    };
    this.#unsubscribes.add(unsubscribe);
    return unsubscribe;
  }

  async hint(topic: HintTopic, payload: string): Promise<void> {
    this.#open().hints.send(topic, payload);
  }

  async openSession(info: string, nonce: string): Promise<number> {
    return this.#open().sessions.open(info, nonce);
  }

  async renewSession(epoch: number, status: string): Promise<"ok" | "gone" | "unknown"> {
    return this.#open().sessions.renew(epoch, status);
  }

  async resumeSession(epoch: number, info: string): Promise<"ok" | "gone"> {
    return this.#open().sessions.resume(epoch, info);
  }

  async closeSession(epoch: number): Promise<void> {
    this.#open().sessions.end(epoch);
  }

  async endSession(epoch: number): Promise<void> {
    this.#open().sessions.end(epoch);
  }

  async visitSessions(isOurs: (session: StoredSession) => boolean): Promise<void> {
    const { sessions } = this.#open();
    let strangers = 0;
    for (const session of sessions.list()) {
      if (isOurs(session)) continue;
      strangers++;
      if (strangers > STRANGERS_KEPT) sessions.end(Number(session.key));
    }
  }

  async offerTicket(ticket: OfferedText): Promise<"queued" | "duplicate"> {
    return this.#open().tickets.offer(ticket);
  }

  async takeTicket(run: string, waitMs: number): Promise<TakenText | null> {
    const delivery = await this.#open().tickets.take(run, waitMs, this.#closing.signal);
    if (this.#closing.signal.aborted) throw busClosed();
    if (delivery === null) return null;
    return {
      text: delivery.ticket.text,
      done: async () => this.#open().tickets.done(delivery.token),
      back: async () => this.#open().tickets.back(delivery.token),
    };
  }

  async claimSlice(run: string, slice: number, epoch: number): Promise<"held" | "taken"> {
    return this.#open().sessions.claim(run, slice, epoch);
  }

  async releaseSlice(run: string, slice: number, epoch: number): Promise<void> {
    this.#open().sessions.release(run, slice, epoch);
  }

  async listClaims(run: string): Promise<ReadonlyMap<number, number>> {
    return this.#open().sessions.claimsOf(run);
  }

  async appendFrame(id: FrameId, body: Uint8Array, floor: number): Promise<AppendResult> {
    return this.#open().logs.append(id, body, floor);
  }

  async appendLateFrame(id: FrameId, body: Uint8Array): Promise<"ok" | "full"> {
    return this.#open().logs.appendLate(id, body);
  }

  async acknowledgedSeq(run: string, epoch: number): Promise<number> {
    return this.#open().logs.acknowledgedSeq(run, epoch);
  }

  async fence(run: string, epoch: number): Promise<void> {
    this.#open().logs.fence(run, epoch);
  }

  async readFrames(run: string, cursor: string, max: number): Promise<readonly StoredFrame[]> {
    return this.#open().logs.read(run, cursor, max);
  }

  async acknowledgeFrames(run: string, cursor: string, kept: KeptFrames): Promise<void> {
    this.#open().logs.acknowledge(run, cursor, kept);
  }

  async lead(text: string, ttlMs: number, over: string): Promise<string> {
    return this.#open().lead(text, ttlMs, over);
  }

  async releaseLead(text: string): Promise<void> {
    this.#open().releaseLead(text);
  }

  async forgetRun(run: string): Promise<void> {
    this.#open().forgetRun(run);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const unsubscribe of [...this.#unsubscribes]) unsubscribe();
  }

  #open(): MemoryStore {
    if (this.#closing.signal.aborted) throw busClosed();
    return this.#store;
  }
}
