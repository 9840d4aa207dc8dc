/**
 * The fenced, idempotent frame log of each run, in memory. Part of the memory store.
 * Invariant: per epoch the entries follow one another without a gap, each once; what was acknowledged is
 * dropped but its identity stays known; a fenced epoch adds nothing but late frames.
 */
import { OnrushError } from "../../errors.ts";
import type { FrameId } from "../../wire/frame/frame.ts";
import type { AppendResult } from "../bus.ts";
import { ENTRY_BYTES, type KeptFrames, type StoredFrame } from "../transport.ts";
import { storeFull } from "./store-full.ts";

/** Incarnations that may write to one run. */
const MAX_WRITERS = 4096;

export interface FrameLogLimits {
  /** Bytes of unacknowledged frames per run; beyond it append answers "full". */
  readonly logBytes: number;
  /** Largest frame body. */
  readonly frameBytes: number;
  /** Runs with a log at once. */
  readonly runs: number;
}

interface Writer {
  lastSeq: number;
  acknowledgedSeq: number;
  fenced: boolean;
}

interface RunLog {
  /** Entries not acknowledged yet; the first one's cursor is `dropped + 1`. */
  readonly entries: { readonly id: FrameId; readonly body: Uint8Array; readonly late: boolean }[];
  readonly writers: Map<number, Writer>;
  dropped: number;
  bytes: number;
}

export class FrameLogs {
  readonly #limits: FrameLogLimits;
  readonly #logs = new Map<string, RunLog>();
  /** Cursors of logs made from now on are beyond it: one of a forgotten log points before them. */
  #firstCursor = 0;

  constructor(limits: FrameLogLimits) {
    this.#limits = limits;
  }

  /** @throws OnrushError ONRUSH_FRAME_INVALID when the body is larger than any frame may be. */
  append(id: FrameId, body: Uint8Array, floor: number): AppendResult {
    this.#checkSize(id, body);
    const log = this.#logOf(id.run);
    const writer = this.#writerOf(log, id.epoch);
    if (writer.fenced) return "fenced";
    if (id.seq <= writer.lastSeq) return "duplicate";
    const expected = writer.lastSeq < 0 ? floor : writer.lastSeq + 1;
    if (id.seq !== expected) return "out-of-order";
    if (!this.#add(log, id, body, false)) return "full";
    writer.lastSeq = id.seq;
    return "ok";
  }

  /** Of a fenced epoch. */
  appendLate(id: FrameId, body: Uint8Array): "ok" | "full" {
    this.#checkSize(id, body);
    return this.#add(this.#logOf(id.run), id, body, true) ? "ok" : "full";
  }

  #checkSize(id: FrameId, body: Uint8Array): void {
    if (body.length > this.#limits.frameBytes) {
      throw new OnrushError({
        code: "ONRUSH_FRAME_INVALID",
        message: `Frame ${id.seq} of epoch ${id.epoch} has ${body.length} bytes, more than ${this.#limits.frameBytes}.`,
      });
    }
  }

  /** @returns whether there was room. */
  #add(log: RunLog, { run, epoch, seq }: FrameId, body: Uint8Array, late: boolean): boolean {
    const bytes = body.length + ENTRY_BYTES;
    if (log.bytes + bytes > this.#limits.logBytes && log.entries.length > 0) return false;
    log.entries.push({ id: { run, epoch, seq }, body: body.slice(), late });
    log.bytes += bytes;
    return true;
  }

  acknowledgedSeq(run: string, epoch: number): number {
    return this.#logs.get(run)?.writers.get(epoch)?.acknowledgedSeq ?? -1;
  }

  fence(run: string, epoch: number): void {
    this.#writerOf(this.#logOf(run), epoch).fenced = true;
  }

  read(run: string, cursor: string, max: number): StoredFrame[] {
    const log = this.#logs.get(run);
    if (log === undefined) return [];
    const skip = Math.max(0, positionOf(cursor) - log.dropped);
    return log.entries.slice(skip, skip + max).map(({ id, body, late }, index) => ({
      cursor: String(log.dropped + skip + index + 1),
      id: { ...id },
      body: body.slice(),
      late,
    }));
  }

  acknowledge(run: string, cursor: string, { seqs }: KeptFrames): void {
    const log = this.#logs.get(run);
    if (log === undefined) return;
    const count = Math.max(0, positionOf(cursor) - log.dropped);
    const gone = log.entries.splice(0, count);
    log.dropped += gone.length;
    if (gone.length === 0) return;
    for (const { body } of gone) log.bytes -= body.length + ENTRY_BYTES;
    for (const [epoch, seq] of seqs) {
      const writer = this.#writerOf(log, epoch);
      writer.acknowledgedSeq = Math.max(writer.acknowledgedSeq, seq);
    }
  }

  forgetRun(run: string): void {
    this.#logs.delete(run);
  }

  forgetEverything(): void {
    for (const { dropped, entries } of this.#logs.values()) {
      this.#firstCursor = Math.max(this.#firstCursor, dropped + entries.length);
    }
    this.#logs.clear();
  }

  #logOf(run: string): RunLog {
    let log = this.#logs.get(run);
    if (log === undefined) {
      if (this.#logs.size >= this.#limits.runs)
        throw storeFull(`logs of ${this.#limits.runs} runs`);
      log = { entries: [], writers: new Map(), dropped: this.#firstCursor, bytes: 0 };
      this.#logs.set(run, log);
    }
    return log;
  }

  #writerOf(log: RunLog, epoch: number): Writer {
    let writer = log.writers.get(epoch);
    if (writer === undefined) {
      if (log.writers.size >= MAX_WRITERS) throw storeFull(`${MAX_WRITERS} epochs of one run`);
      writer = { lastSeq: -1, acknowledgedSeq: -1, fenced: false };
      log.writers.set(epoch, writer);
    }
    return writer;
  }
}

/** Position of the last entry read; 0 for the start. */
function positionOf(cursor: string): number {
  const position = cursor === "" ? 0 : Number(cursor);
  if (!Number.isSafeInteger(position) || position < 0) {
    throw new OnrushError({
      code: "ONRUSH_FRAME_INVALID",
      message: `"${cursor}" is not a cursor of this frame log.`,
    });
  }
  return position;
}
