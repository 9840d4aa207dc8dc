/**
 * The bus contract: the only way coordinator and workers talk. Three transports (ipc, Redis, NATS)
 * obey it and one conformance suite proves it. Placement (tickets), liveness (sessions) and results
 * (frames) are three separate things; documents are state, hints only say "look again".
 * Every call may reject with OnrushError ONRUSH_BUS_CLOSED; every write is idempotent by content, so a caller
 * that is unsure whether a call went through may repeat it verbatim.
 */
import type { Refusals } from "../trust/refusals.ts";
import type { HintTopic } from "../wire/command.ts";
import type { FrameId } from "../wire/frame/frame.ts";
import type { Ticket } from "../wire/ticket.ts";
import type { WorkerInfo, WorkerStatus } from "../wire/worker-info.ts";

export interface Bus extends WorkerBus, CoordinatorBus {}

/** What both sides use. */
export interface BusBase {
  readonly kind: "ipc" | "redis" | "nats";
  /** What this side found on the bus and does not act on: not signed with the cluster's key, or of another shape. */
  readonly refusals: Refusals;
  /** The bus clock in microseconds; for offset estimation only. */
  time(): Promise<number>;
  /**
   * Name of the store's life: another one than before means that the bus has forgotten everything (wiped, replaced).
   * Random, made with the store.
   */
  generation(): Promise<string>;
  /**
   * A document with its revision (grows with each write of that key), or null.
   * @throws OnrushError ONRUSH_BUS_REFUSED for one that is not to be acted on
   */
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
   * Opens a session and returns its epoch: a positive integer, greater than any given out before, also by a store
   * that has been forgotten since (a fresh store starts counting at the wall clock's milliseconds). The same nonce
   * gets the same epoch, so a repeated call is harmless.
   */
  openSession(info: WorkerInfo, nonce: string): Promise<number>;
  /**
   * "gone": the session was ended; the worker must fence itself. "unknown": this store never heard of the epoch,
   * because it has forgotten everything; the worker may resume.
   */
  renewSession(epoch: number, status: WorkerStatus): Promise<"ok" | "gone" | "unknown">;
  /** Makes a forgotten session known again, with its epoch. "gone": it was ended since. "ok" also when it is known. */
  resumeSession(epoch: number, info: WorkerInfo, nonce: string): Promise<"ok" | "gone">;
  /** The worker leaves cleanly; its claims are released. */
  closeSession(epoch: number): Promise<void>;
  /** Next ticket of the run, or null after waitMs. It comes back unless done() is called in time. */
  takeTicket(run: string, waitMs: number): Promise<TakenTicket | null>;
  /**
   * Compare-and-set slice -> epoch: "held" when this epoch holds the slice now (also when it did before),
   * "taken" when another live epoch does or the epoch's session is gone.
   */
  claimSlice(run: string, slice: number, epoch: number): Promise<"held" | "taken">;
  /** Gives the slice up if this epoch holds it. Idempotent. */
  releaseSlice(run: string, slice: number, epoch: number): Promise<void>;
  /**
   * Appends one frame to the run's log.
   * "fenced": the epoch may not write any more (this answer wins over all others). "duplicate": this identity is
   * there already, nothing changed. "full": not stored, try again later. "out-of-order": seq is not the successor
   * of the epoch's last one.
   * @param floor the lowest seq the writer still keeps: all below are on the coordinator's disk. A log that holds
   *   nothing of this epoch (new, or forgotten) accepts exactly this seq first.
   */
  appendFrame(id: FrameId, body: Uint8Array, floor: number): Promise<AppendResult>;
  /**
   * For frames of an epoch that is fenced: they happened, and are read with `late` set. Accepts any epoch and order;
   * a repeated one may be stored twice.
   */
  appendLateFrame(id: FrameId, body: Uint8Array): Promise<"ok" | "full">;
  /** Highest seq of this epoch that the coordinator has on disk (all lower ones too); -1 for none. Late ones count. */
  acknowledgedSeq(run: string, epoch: number): Promise<number>;
}

export type AppendResult = "ok" | "duplicate" | "fenced" | "full" | "out-of-order";

export interface TakenTicket {
  readonly ticket: Ticket;
  /** It is of no more use to anybody. Harmless when it has come back to others meanwhile. */
  done(): Promise<void>;
  /** Not for this worker: it is there for others at once. Harmless when it has come back already. */
  back(): Promise<void>;
}

export interface CoordinatorBus extends BusBase {
  /** expectedRevision 0: create. @returns the new revision, or "conflict". */
  putDocument(key: string, value: unknown, expectedRevision: number): Promise<number | "conflict">;
  deleteDocument(key: string): Promise<void>;
  offerTicket(ticket: Ticket): Promise<"queued" | "duplicate">;
  /**
   * Takes or renews the lead among coordinators for ttlMs from now, by the bus clock.
   * @returns the id that has the lead now: `id` when it is the caller
   */
  lead(id: string, ttlMs: number): Promise<string>;
  /** Gives the lead up if `id` has it. */
  releaseLead(id: string): Promise<void>;
  /** All sessions not closed, with the age of their last renewal. */
  listSessions(): Promise<readonly SessionRecord[]>;
  /** Ends a session: renewals answer "gone", its claims are released. The caller fences its logs first. */
  endSession(epoch: number): Promise<void>;
  /** slice -> epoch of all claims of the run. */
  listClaims(run: string): Promise<ReadonlyMap<number, number>>;
  /** From now on the epoch cannot append to the run's log. Idempotent. */
  fence(run: string, epoch: number): Promise<void>;
  /**
   * Up to `max` entries after `cursor` ("" is the start), in log order; empty when there are none yet. A cursor into
   * a log that was forgotten reads from the start of the new one.
   */
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
  /** Grows with each renewal, whatever the bus and its clock do; 0 before the first. */
  readonly renewals: number;
}

export interface FrameEntry {
  readonly cursor: string;
  readonly id: FrameId;
  readonly body: Uint8Array;
  /** Came by appendLateFrame: its epoch was fenced already. */
  readonly late: boolean;
  /** Why it is no frame of this run's workers, and has no body; null: it is one. */
  readonly refused: string | null;
}

/** Keys of the documents that exist. */
export const documentKey = {
  plan: (run: string) => `plan.${run}`,
  run: (run: string) => `run.${run}`,
  /** Rows of data of one shard (shared/wire/row-part.ts). */
  rows: (run: string, shard: number) => `rows.${run}.${shard}`,
  /** Which worker may take how many slices of which run (shared/wire/placement.ts). */
  placement: "placement",
  /** The epoch of the coordinators' lead, and who has it (coordinator/fleet/lead.ts). */
  lead: "lead-epoch",
} as const;
