/**
 * The bus contract: the only way coordinator and workers talk. Three transports (ipc, Redis, NATS)
 * obey it and one conformance suite proves it. Placement (tickets), liveness (sessions) and results
 * (frames) are three separate things; documents are state, hints only say "look again".
 * Every call may reject with OnrushError ONRUSH_BUS_CLOSED; every write is idempotent by content, so a caller
 * that is unsure whether a call went through may repeat it verbatim.
 */
import type { HintTopic } from "../wire/command.ts";
import type { FrameId } from "../wire/frame.ts";
import type { Ticket } from "../wire/ticket.ts";
import type { WorkerInfo, WorkerStatus } from "../wire/worker-info.ts";

export interface Bus extends WorkerBus, CoordinatorBus {}

/** What both sides use. */
export interface BusBase {
  readonly kind: "ipc" | "redis" | "nats";
  /** The bus clock in microseconds; for offset estimation only. */
  time(): Promise<number>;
  /** A document with its revision (grows with each write of that key), or null. */
  getDocument(key: string): Promise<BusDocument | null>;
  /** Delivers each hint at most once; may lose any. Returns the unsubscribe function. */
  onHint(topic: HintTopic, listener: (payload: string) => void): () => void;
  hint(topic: HintTopic, payload: string): Promise<void>;
  /** Ends this side's use; pending calls reject with ONRUSH_BUS_CLOSED. Idempotent. */
  close(): Promise<void>;
}

export interface BusDocument {
  readonly value: unknown;
  readonly revision: number;
}

export interface WorkerBus extends BusBase {
  /**
   * Opens a session and returns its epoch: a positive integer, greater than any given out before. The same nonce
   * gets the same epoch, so a repeated call is harmless.
   */
  openSession(info: WorkerInfo, nonce: string): Promise<number>;
  /** "gone": the session was ended by the coordinator; the worker must fence itself. */
  renewSession(epoch: number, status: WorkerStatus): Promise<"ok" | "gone">;
  /** The worker leaves cleanly; its claims are released. */
  closeSession(epoch: number): Promise<void>;
  /** Next ticket, or null after waitMs. The ticket comes back unless done() is called in time. */
  takeTicket(waitMs: number): Promise<TakenTicket | null>;
  /**
   * Compare-and-set shard -> epoch: "held" when this epoch holds the shard now (also when it did before),
   * "taken" when another live epoch does or the epoch's session is gone.
   */
  claimShard(run: string, shard: number, epoch: number): Promise<"held" | "taken">;
  /**
   * Appends one frame to the run's log.
   * "duplicate": this identity is there already, nothing changed. "fenced": the epoch may not write any more.
   * "full": not stored, try again later. "out-of-order": seq is not the successor of the epoch's last one.
   */
  appendFrame(id: FrameId, body: Uint8Array): Promise<AppendResult>;
  /** Highest seq of this epoch that the coordinator has on disk (all lower ones too); -1 for none. */
  acknowledgedSeq(run: string, epoch: number): Promise<number>;
}

export type AppendResult = "ok" | "duplicate" | "fenced" | "full" | "out-of-order";

export interface TakenTicket {
  readonly ticket: Ticket;
  done(): Promise<void>;
}

export interface CoordinatorBus extends BusBase {
  /** expectedRevision 0: create. @returns the new revision, or "conflict". */
  putDocument(key: string, value: unknown, expectedRevision: number): Promise<number | "conflict">;
  deleteDocument(key: string): Promise<void>;
  offerTicket(ticket: Ticket): Promise<"queued" | "duplicate">;
  /** All sessions not closed, with the age of their last renewal. */
  listSessions(): Promise<readonly SessionRecord[]>;
  /** Ends a session: renewals answer "gone", its claims are released. The caller fences its logs first. */
  endSession(epoch: number): Promise<void>;
  /** shard -> epoch of all claims of the run. */
  listClaims(run: string): Promise<ReadonlyMap<number, number>>;
  /** From now on the epoch cannot append to the run's log. Idempotent. */
  fence(run: string, epoch: number): Promise<void>;
  /** Up to `max` entries after `cursor` ("" is the start), in log order; empty when there are none yet. */
  readFrames(run: string, cursor: string, max: number): Promise<readonly FrameEntry[]>;
  /** Says that everything up to the cursor is on disk: it may be dropped, and its writers may forget it. */
  acknowledgeFrames(run: string, cursor: string): Promise<void>;
  /** Forgets the log, claims and tickets of a run. */
  forgetRun(run: string): Promise<void>;
}

export interface SessionRecord {
  readonly epoch: number;
  readonly info: WorkerInfo;
  readonly status: WorkerStatus | null;
  /** Milliseconds since the last renewal (or the opening), by the bus. */
  readonly silentMs: number;
}

export interface FrameEntry {
  readonly cursor: string;
  readonly id: FrameId;
  readonly body: Uint8Array;
}

/** Keys of the documents that exist. */
export const documentKey = {
  plan: (run: string) => `plan.${run}`,
  run: (run: string) => `run.${run}`,
} as const;
