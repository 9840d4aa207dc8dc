/**
 * Frames: each signed for its run, epoch and number. Used by signed-bus.ts. Invariant: what was not signed is handed up
 * without its body and with the reason, so that a reader gets past it; it is never said to be on disk, so a forged frame
 * cannot make a worker forget one of its own.
 */
import { openBytes, type Place, sealBytes } from "../../trust/seal.ts";
import type { FrameId } from "../../wire/frame/frame.ts";
import type { FrameEntry } from "../bus.ts";
import { ENTRY_BYTES, type StoredFrame, type Transport } from "../transport.ts";
import type { Sealer } from "./sealer.ts";

/** Runs whose frames are read; the one that was read longest ago is given up first. */
const MAX_LOGS = 1024;
const NOTHING = new Uint8Array(0);

/** An entry that was read and is not acknowledged yet. */
interface Unkept {
  readonly cursor: string;
  /** null: it was refused. */
  readonly id: FrameId | null;
  readonly bytes: number;
}

export class SignedFrames {
  readonly #sealer: Sealer;
  readonly #unkept = new Map<string, Unkept[]>();

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  seal(id: FrameId, body: Uint8Array): Uint8Array {
    return sealBytes(this.#sealer.keys, placeOf(id), body);
  }

  async read(
    transport: Transport,
    run: string,
    { cursor, max }: { readonly cursor: string; readonly max: number },
  ): Promise<readonly FrameEntry[]> {
    const stored = await transport.readFrames(run, cursor, max);
    const unkept = this.#unkeptOf(run, cursor);
    return stored.map((frame) => {
      const entry = this.#open(run, frame);
      const bytes = (frame.body?.length ?? 0) + ENTRY_BYTES;
      unkept.push({ cursor: entry.cursor, id: entry.refused === null ? entry.id : null, bytes });
      return entry;
    });
  }

  async acknowledge(transport: Transport, run: string, cursor: string): Promise<void> {
    const unkept = this.#unkept.get(run) ?? [];
    const at = unkept.findLastIndex((entry) => entry.cursor === cursor);
    // Acknowledged before, or of a log that was forgotten since.
    if (at < 0) return;
    const seqs = new Map<number, number>();
    let bytes = 0;
    for (const { id, bytes: size } of unkept.slice(0, at + 1)) {
      if (id === null) continue;
      bytes += size;
      seqs.set(id.epoch, Math.max(id.seq, seqs.get(id.epoch) ?? -1));
    }
    await transport.acknowledgeFrames(run, cursor, { seqs, bytes });
    unkept.splice(0, at + 1);
  }

  forget(run: string): void {
    this.#unkept.delete(run);
  }

  /** What is read again is not counted twice. */
  #unkeptOf(run: string, cursor: string): Unkept[] {
    const known = this.#unkept.get(run) ?? [];
    known.splice(known.findLastIndex((entry) => entry.cursor === cursor) + 1);
    this.#unkept.delete(run);
    this.#unkept.set(run, known);
    const [oldest] = this.#unkept.keys();
    if (this.#unkept.size > MAX_LOGS && oldest !== undefined) this.#unkept.delete(oldest);
    return known;
  }

  #open(run: string, { cursor, id, body, late }: StoredFrame): FrameEntry {
    const known = id ?? { run, epoch: 0, seq: 0 };
    const refuse = (reason: string): FrameEntry => {
      const subject = `run ${run}, epoch ${known.epoch}, frame ${known.seq}`;
      this.#sealer.refusals.add({ kind: "frame", subject, run, reason });
      return { cursor, id: known, body: NOTHING, late, refused: reason };
    };
    if (id === null || body === null) return refuse("it is larger than any may be, or no frame");
    const opened = openBytes(this.#sealer.keys, placeOf(id), body);
    if (!opened.ok) return refuse(opened.reason);
    return { cursor, id, body: opened.content, late, refused: null };
  }
}

function placeOf({ run, epoch, seq }: FrameId): Place {
  return { kind: "frame", subject: JSON.stringify([run, epoch, seq]) };
}
