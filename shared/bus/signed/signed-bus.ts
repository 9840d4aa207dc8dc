/**
 * The bus over a transport. Opened by open-bus.ts, local clusters and tests. A worker's side has a worker's calls only.
 * Invariant: it promises what bus.ts does of everything that was written by this cluster's own programs; of anything else
 * it hands nothing up but that it was refused.
 */
import type { Log } from "../../log.ts";
import type { Clock } from "../../time/clock.ts";
import type { ClusterKeys } from "../../trust/cluster-key.ts";
import { Refusals } from "../../trust/refusals.ts";
import type { HintTopic } from "../../wire/command.ts";
import type { FrameId } from "../../wire/frame/frame.ts";
import { type Ticket, ticketId, ticketSchema } from "../../wire/ticket.ts";
import type { WorkerInfo, WorkerStatus } from "../../wire/worker-info.ts";
import type {
  AppendResult,
  Bus,
  BusDocument,
  FrameEntry,
  SessionRecord,
  TakenTicket,
  WorkerBus,
} from "../bus.ts";
import type { TakenText, Transport, WorkerTransport } from "../transport.ts";
import { SignedDocuments } from "./documents.ts";
import { SignedFrames } from "./frames.ts";
import { SignedLeads } from "./leads.ts";
import { Sealer } from "./sealer.ts";
import { SignedSessions } from "./sessions.ts";

/** Tickets of nobody that one call removes before it answers that there are none. */
const MAX_REFUSED_TICKETS = 256;

export interface SigningOptions {
  readonly keys: ClusterKeys;
  readonly clock: Pick<Clock, "wallMs" | "monotonicUs">;
  /** Says what was refused; null: it is counted only. */
  readonly log: Log | null;
}

export class SignedWorkerBus<T extends WorkerTransport = WorkerTransport> implements WorkerBus {
  readonly refusals: Refusals;
  protected readonly transport: T;
  protected readonly sealer: Sealer;
  protected readonly frames: SignedFrames;
  protected readonly documents: SignedDocuments;
  protected readonly sessions: SignedSessions;

  constructor(transport: T, { keys, clock, log }: SigningOptions) {
    this.transport = transport;
    this.refusals = new Refusals(clock, log);
    this.sealer = new Sealer({ keys, clock, refusals: this.refusals });
    this.frames = new SignedFrames(this.sealer);
    this.documents = new SignedDocuments(this.sealer);
    this.sessions = new SignedSessions(this.sealer);
  }

  get kind(): "ipc" | "redis" | "nats" {
    return this.transport.kind;
  }

  time(): Promise<number> {
    return this.transport.time();
  }

  generation(): Promise<string> {
    return this.transport.generation();
  }

  getDocument(key: string): Promise<BusDocument | null> {
    return this.documents.get(this.transport, key);
  }

  onHint(topic: HintTopic, listener: (payload: string) => void): () => void {
    return this.transport.onHint(topic, listener);
  }

  hint(topic: HintTopic, payload: string): Promise<void> {
    return this.transport.hint(topic, payload);
  }

  openSession(info: WorkerInfo, nonce: string): Promise<number> {
    return this.sessions.open(this.transport, info, nonce);
  }

  renewSession(epoch: number, status: WorkerStatus): Promise<"ok" | "gone" | "unknown"> {
    return this.sessions.renew(this.transport, epoch, status);
  }

  resumeSession(epoch: number, info: WorkerInfo, nonce: string): Promise<"ok" | "gone"> {
    return this.sessions.resume(this.transport, epoch, { info, nonce });
  }

  closeSession(epoch: number): Promise<void> {
    return this.sessions.close(this.transport, epoch);
  }

  async takeTicket(run: string, waitMs: number): Promise<TakenTicket | null> {
    for (let refused = 0; refused < MAX_REFUSED_TICKETS; refused++) {
      const taken = await this.transport.takeTicket(run, refused === 0 ? waitMs : 0);
      if (taken === null) return null;
      const ticket = this.#ticketOf(run, taken);
      if (ticket !== null) return { ticket, done: taken.done, back: taken.back };
      await taken.done();
    }
    return null;
  }

  claimSlice(run: string, slice: number, epoch: number): Promise<"held" | "taken"> {
    return this.transport.claimSlice(run, slice, epoch);
  }

  releaseSlice(run: string, slice: number, epoch: number): Promise<void> {
    return this.transport.releaseSlice(run, slice, epoch);
  }

  async appendFrame(id: FrameId, body: Uint8Array, floor: number): Promise<AppendResult> {
    return this.transport.appendFrame(id, this.frames.seal(id, body), floor);
  }

  async appendLateFrame(id: FrameId, body: Uint8Array): Promise<"ok" | "full"> {
    return this.transport.appendLateFrame(id, this.frames.seal(id, body));
  }

  acknowledgedSeq(run: string, epoch: number): Promise<number> {
    return this.transport.acknowledgedSeq(run, epoch);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  #ticketOf(run: string, { text }: TakenText): Ticket | null {
    const place = { kind: "ticket", subject: run } as const;
    return this.sealer.read(text, { place, run, schema: ticketSchema })?.value ?? null;
  }
}

export class SignedBus extends SignedWorkerBus<Transport> implements Bus {
  readonly #leads = new SignedLeads(this.sealer);

  putDocument(key: string, value: unknown, expected: number): Promise<number | "conflict"> {
    return this.documents.put(this.transport, key, value, expected);
  }

  deleteDocument(key: string): Promise<void> {
    return this.transport.deleteDocument(key);
  }

  async offerTicket(ticket: Ticket): Promise<"queued" | "duplicate"> {
    const { run, slice, offer } = ticket;
    // Tickets of a run are equals: none is older than another.
    const text = this.sealer.seal({ kind: "ticket", subject: run }, JSON.stringify(ticket), 0);
    return this.transport.offerTicket({ run, id: ticketId({ slice, offer }), text });
  }

  lead(id: string, ttlMs: number): Promise<string> {
    return this.#leads.take(this.transport, id, ttlMs);
  }

  releaseLead(id: string): Promise<void> {
    return this.#leads.release(this.transport, id);
  }

  listSessions(): Promise<readonly SessionRecord[]> {
    return this.sessions.list(this.transport);
  }

  endSession(epoch: number): Promise<void> {
    return this.transport.endSession(epoch);
  }

  listClaims(run: string): Promise<ReadonlyMap<number, number>> {
    return this.transport.listClaims(run);
  }

  fence(run: string, epoch: number): Promise<void> {
    return this.transport.fence(run, epoch);
  }

  readFrames(run: string, cursor: string, max: number): Promise<readonly FrameEntry[]> {
    return this.frames.read(this.transport, run, { cursor, max });
  }

  acknowledgeFrames(run: string, cursor: string): Promise<void> {
    return this.frames.acknowledge(this.transport, run, cursor);
  }

  async forgetRun(run: string): Promise<void> {
    await this.transport.forgetRun(run);
    this.frames.forget(run);
  }
}
