/**
 * The fenced, idempotent frame log of each run: one stream, and one hash of what is known of its writers. Used by
 * redis-bus.ts. Invariant: per epoch the entries on time follow one another without a gap, each once, also when calls are
 * repeated.
 */
import { OnrushError } from "../../errors.ts";
import type { FrameId } from "../../wire/frame/frame.ts";
import type { AppendResult } from "../bus.ts";
import { type KeptFrames, RECORD_LIMITS, readNumber, type StoredFrame } from "../transport.ts";
import type { RedisCalls } from "./calls.ts";

export interface FrameLogLimits {
  /** Unacknowledged frame bytes per run. */
  readonly logBytes: number;
  readonly frameBytes: number;
}

const APPEND_RESULTS: readonly string[] = ["ok", "duplicate", "fenced", "full", "out-of-order"];

export class RedisFrameLog {
  readonly #calls: RedisCalls;
  readonly #limits: FrameLogLimits;

  constructor(calls: RedisCalls, limits: FrameLogLimits) {
    this.#calls = calls;
    this.#limits = limits;
  }

  async append(id: FrameId, body: Uint8Array, floor: number): Promise<AppendResult> {
    const answer = await this.#write("onrushAppend", id, body, [floor]);
    return APPEND_RESULTS.includes(answer) ? (answer as AppendResult) : "full";
  }

  async appendLate(id: FrameId, body: Uint8Array): Promise<"ok" | "full"> {
    return (await this.#write("onrushAppendLate", id, body, [])) === "ok" ? "ok" : "full";
  }

  async #write(
    script: "onrushAppend" | "onrushAppendLate",
    { run, epoch, seq }: FrameId,
    body: Uint8Array,
    more: readonly number[],
  ): Promise<string> {
    if (body.length > this.#limits.frameBytes) {
      throw new OnrushError({
        code: "ONRUSH_FRAME_INVALID",
        message: `Frame ${seq} of epoch ${epoch} has ${body.length} bytes, more than ${this.#limits.frameBytes}.`,
      });
    }
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
    const values = [
      this.#calls.key("log", run),
      this.#calls.key("writers", run),
      epoch,
      seq,
      bytes,
    ];
    const answer = await this.#calls
      .script(script, [...values, this.#limits.logBytes, ...more])
      .catch((error: unknown) => {
        // The server's own memory is full: the same as a full log, and reading still works.
        if (error instanceof Error && /\bOOM\b/.test(error.message)) return "full";
        throw error;
      });
    return String(answer);
  }

  async acknowledgedSeq(run: string, epoch: number): Promise<number> {
    const seq = await this.#calls.call(() =>
      this.#calls.client.hget(this.#calls.key("writers", run), `acknowledged ${epoch}`),
    );
    return readNumber(seq) ?? -1;
  }

  async fence(run: string, epoch: number): Promise<void> {
    await this.#calls.call(() =>
      this.#calls.client.hset(this.#calls.key("writers", run), `fenced ${epoch}`, "1"),
    );
  }

  async read(run: string, cursor: string, max: number): Promise<readonly StoredFrame[]> {
    const from = cursor === "" ? "-" : `(${cursor}`;
    const values = [this.#calls.key("log", run), from, max];
    const { frame, reading } = RECORD_LIMITS;
    const rows = await this.#calls.script("onrushReadFramesBuffer", [...values, frame, reading]);
    return (rows as readonly (readonly Buffer[])[]).map(([id, epoch, seq, late, body]) => ({
      cursor: String(id),
      id: idOf(run, String(epoch), String(seq)),
      body: body === undefined || body.length === 0 ? null : new Uint8Array(body),
      late: String(late) === "1",
    }));
  }

  async acknowledge(run: string, cursor: string, { seqs, bytes }: KeptFrames): Promise<void> {
    const keys = [this.#calls.key("log", run), this.#calls.key("writers", run)];
    await this.#calls.script("onrushAcknowledge", [...keys, cursor, bytes, ...[...seqs].flat()]);
  }
}

function idOf(run: string, epochText: string, seqText: string): FrameId | null {
  const [epoch, seq] = [readNumber(epochText), readNumber(seqText)];
  return epoch === null || seq === null ? null : { run, epoch, seq };
}
