/**
 * The whole bus contract in memory: the reference the other transports are held to, the coordinator's
 * side in single-node mode, and the bus of simulations. One MemoryBus is one side (one user) of a store;
 * open another side of the same store for each further user.
 * Invariant: closing a side ends that side's calls only; the store's state stays.
 */
import { setMaxListeners } from "node:events";
import type { HintTopic } from "../wire/command.ts";
import type { FrameId } from "../wire/frame.ts";
import type { Ticket } from "../wire/ticket.ts";
import type { WorkerInfo, WorkerStatus } from "../wire/worker-info.ts";
import type {
  AppendResult,
  Bus,
  BusDocument,
  FrameEntry,
  SessionRecord,
  TakenTicket,
} from "./bus.ts";
import { busClosed } from "./bus-closed.ts";
import type { MemoryStore } from "./memory/store.ts";

export class MemoryBus implements Bus {
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

  async getDocument(key: string): Promise<BusDocument | null> {
    return this.#open().documents.get(key);
  }

  async putDocument(
    key: string,
    value: unknown,
    expectedRevision: number,
  ): Promise<number | "conflict"> {
    return this.#open().documents.put(key, value, expectedRevision);
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

  async openSession(info: WorkerInfo, nonce: string): Promise<number> {
    return this.#open().sessions.open(info, nonce);
  }

  async renewSession(epoch: number, status: WorkerStatus): Promise<"ok" | "gone" | "unknown"> {
    return this.#open().sessions.renew(epoch, status);
  }

  async resumeSession(epoch: number, info: WorkerInfo): Promise<"ok" | "gone"> {
    return this.#open().sessions.resume(epoch, info);
  }

  async closeSession(epoch: number): Promise<void> {
    this.#open().sessions.end(epoch);
  }

  async endSession(epoch: number): Promise<void> {
    this.#open().sessions.end(epoch);
  }

  async listSessions(): Promise<readonly SessionRecord[]> {
    return this.#open().sessions.list();
  }

  async offerTicket(ticket: Ticket): Promise<"queued" | "duplicate"> {
    return this.#open().tickets.offer(ticket);
  }

  async takeTicket(run: string, waitMs: number): Promise<TakenTicket | null> {
    const delivery = await this.#open().tickets.take(run, waitMs, this.#closing.signal);
    if (this.#closing.signal.aborted) throw busClosed();
    if (delivery === null) return null;
    return {
      ticket: delivery.ticket,
      done: async () => this.#open().tickets.done(delivery.token),
      back: async () => this.#open().tickets.back(delivery.token),
    };
  }

  async claimLane(run: string, lane: number, epoch: number): Promise<"held" | "taken"> {
    return this.#open().sessions.claim(run, lane, epoch);
  }

  async releaseLane(run: string, lane: number, epoch: number): Promise<void> {
    this.#open().sessions.release(run, lane, epoch);
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

  async readFrames(run: string, cursor: string, max: number): Promise<readonly FrameEntry[]> {
    return this.#open().logs.read(run, cursor, max);
  }

  async acknowledgeFrames(run: string, cursor: string): Promise<void> {
    this.#open().logs.acknowledge(run, cursor);
  }

  async lead(id: string, ttlMs: number): Promise<string> {
    return this.#open().lead(id, ttlMs);
  }

  async releaseLead(id: string): Promise<void> {
    this.#open().releaseLead(id);
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
