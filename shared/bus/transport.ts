/**
 * What a broker does for the bus: it carries text and bytes it does not understand. Memory, ipc, Redis and NATS implement
 * it; shared/bus/signed makes the bus of it, by signing what goes out and checking what comes in. The promises are those of
 * bus.ts, call by call.
 * Invariant: what a transport hands up is bounded in size and number, and believed by nobody yet; what no honest side could
 * have written in its place is removed or passed over, and never ends a process.
 */
import type { HintTopic } from "../wire/command.ts";
import type { FrameId } from "../wire/frame/frame.ts";
import type { AppendResult } from "./bus.ts";

/** Largest of each kind that is read, in bytes; what is larger is refused without reading it. */
export const RECORD_LIMITS = {
  /** A plan with its data tables is by far the largest document. */
  document: 256 * 1024 * 1024,
  session: 16 * 1024,
  /** With the most hand-overs there can be. */
  status: 2 * 1024 * 1024,
  ticket: 8 * 1024,
  lead: 1024,
  /** The largest body of a frame (shared/wire/frame/frame-codec.ts), its signature, and room. */
  frame: 8 * 1024 * 1024 + 4096,
  /** Frames of one reading, all together; one is always read. */
  reading: 32 * 1024 * 1024,
} as const;

/** Session records that belong to nobody and are left in place; what is beyond is removed. */
export const STRANGERS_KEPT = 64;

export interface Transport extends WorkerTransport, CoordinatorTransport {}

export interface TransportBase {
  readonly kind: "ipc" | "redis" | "nats";
  time(): Promise<number>;
  generation(): Promise<string>;
  getDocument(key: string): Promise<StoredText | null>;
  onHint(topic: HintTopic, listener: (payload: string) => void): () => void;
  hint(topic: HintTopic, payload: string): Promise<void>;
  close(): Promise<void>;
}

export interface StoredText {
  /** null: it cannot be read, or is larger than any may be. */
  readonly text: string | null;
  readonly revision: number;
}

export interface WorkerTransport extends TransportBase {
  openSession(info: string, nonce: string): Promise<number>;
  renewSession(epoch: number, status: string): Promise<"ok" | "gone" | "unknown">;
  resumeSession(epoch: number, info: string, nonce: string): Promise<"ok" | "gone">;
  closeSession(epoch: number): Promise<void>;
  takeTicket(run: string, waitMs: number): Promise<TakenText | null>;
  claimSlice(run: string, slice: number, epoch: number): Promise<"held" | "taken">;
  releaseSlice(run: string, slice: number, epoch: number): Promise<void>;
  appendFrame(id: FrameId, body: Uint8Array, floor: number): Promise<AppendResult>;
  appendLateFrame(id: FrameId, body: Uint8Array): Promise<"ok" | "full">;
  acknowledgedSeq(run: string, epoch: number): Promise<number>;
}

export interface TakenText {
  /** null: as StoredText. */
  readonly text: string | null;
  done(): Promise<void>;
  back(): Promise<void>;
}

export interface OfferedText {
  readonly run: string;
  /** The ticket's identity in its run: letters, digits, dashes. */
  readonly id: string;
  readonly text: string;
}

export interface CoordinatorTransport extends TransportBase {
  putDocument(key: string, text: string, expectedRevision: number): Promise<number | "conflict">;
  deleteDocument(key: string): Promise<void>;
  offerTicket(ticket: OfferedText): Promise<"queued" | "duplicate">;
  /**
   * Takes the lead when nobody has it, or whoever says `over`; `text` is kept for ttlMs.
   * @returns what is there now
   */
  lead(text: string, ttlMs: number, over: string): Promise<string>;
  /** Gives the lead up if it says `text`. */
  releaseLead(text: string): Promise<void>;
  /**
   * Shows every session record, a bounded number at a time.
   * @param isOurs false: it belongs to nobody; the transport removes those beyond STRANGERS_KEPT
   */
  visitSessions(isOurs: (session: StoredSession) => boolean): Promise<void>;
  endSession(epoch: number): Promise<void>;
  listClaims(run: string): Promise<ReadonlyMap<number, number>>;
  fence(run: string, epoch: number): Promise<void>;
  readFrames(run: string, cursor: string, max: number): Promise<readonly StoredFrame[]>;
  acknowledgeFrames(run: string, cursor: string, kept: KeptFrames): Promise<void>;
  forgetRun(run: string): Promise<void>;
}

export interface StoredSession {
  /** As it is on the bus; may be no number. */
  readonly key: string;
  readonly info: string | null;
  /** "": it has none yet. */
  readonly status: string | null;
  readonly silentMs: number;
}

export interface StoredFrame {
  readonly cursor: string;
  /** As it is on the bus; null: nothing that could be one. */
  readonly id: FrameId | null;
  /** null: as StoredText. */
  readonly body: Uint8Array | null;
  readonly late: boolean;
}

/** What of the frames up to a cursor is on the coordinator's disk. */
export interface KeptFrames {
  /** epoch -> its highest seq. */
  readonly seqs: ReadonlyMap<number, number>;
  /** Of all of them in the log. */
  readonly bytes: number;
}

/** What an entry of a log costs beside its body. */
export const ENTRY_BYTES = 128;

/** A whole number that was written to the bus, or null. */
export function readNumber(text: unknown): number | null {
  if (typeof text !== "string" || !/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
