/**
 * The raw log of one engine: every value its histograms get, as recorded, before any rounding. A diagnostic to hold
 * merged histograms against (`onrush worker --raw-log`); made by the engine's entry, filled through the histograms it makes.
 * Layout, little-endian: MAGIC, then records of 16 bytes: metric u16, phase u16, name i16 (-1: none), 0 u16, value f64 in
 * microseconds. The last record is END_MARK with the number of values that were left out; without it the engine was killed or
 * its disk was full.
 * Invariant: a file with a last record holds every value recorded, but for those it counts. Bound: MAX_RAW_BYTES a file.
 */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { OnrushError } from "../../shared/errors.ts";
import { HotHistogram } from "../../shared/stats/histogram.ts";

/** As long as a record. */
export const RAW_MAGIC = "onrush-raw-log 1";
export const RAW_RECORD_BYTES = 16;
/** In place of a metric. */
export const RAW_END_MARK = 0xffff;
/** 67 million values. */
const MAX_RAW_BYTES = 1024 ** 3;
const BUFFER_BYTES = 64 * 1024;

export interface RawLogOptions {
  readonly directory: string;
  readonly run: string;
  readonly epoch: number;
  readonly engine: number;
  /** Called at most once: from now on values are left out, and why. */
  readonly onProblem: (problem: string) => void;
  readonly maxBytes?: number;
}

export class RawLog {
  readonly #options: RawLogOptions;
  readonly #path: string;
  readonly #file: number;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  /** Of the buffer, in use. */
  #filled = 0;
  /** Bytes the file may still take, beside the last record. */
  #room: number;
  #leftOut = 0;
  #broken = false;

  /** @throws OnrushError ONRUSH_USAGE when the file cannot be made, or is there already. */
  constructor(options: RawLogOptions) {
    const { directory, run, epoch, engine, maxBytes = MAX_RAW_BYTES } = options;
    const name = `${run.replaceAll(/[^\w.-]/g, "_").slice(0, 150)}-epoch-${epoch}-engine-${engine}.raw`;
    this.#options = options;
    this.#path = join(directory, name);
    this.#room = maxBytes - RAW_RECORD_BYTES - RAW_MAGIC.length;
    try {
      mkdirSync(directory, { recursive: true });
      this.#file = openSync(this.#path, "wx");
    } catch (error) {
      throw new OnrushError({
        code: "ONRUSH_USAGE",
        message: `cannot make the raw log ${this.#path}: ${messageOf(error)}`,
        remedy: "Name another folder: `onrush worker --raw-log DIR`, or ONRUSH_WORKER_RAW_LOG.",
        cause: error,
      });
    }
    this.#filled = this.#buffer.write(RAW_MAGIC, "latin1");
  }

  /** A histogram whose values are logged. Identified as in a frame. */
  histogram(metric: number, phase: number, name: number): HotHistogram {
    return new LoggedHistogram((valueUs) => this.#add({ metric, phase, name }, valueUs));
  }

  flush(): void {
    const length = this.#filled;
    this.#filled = 0;
    if (this.#broken || length === 0) return;
    try {
      const written = writeSync(this.#file, this.#buffer, 0, length);
      if (written < length) this.#break("the disk is full");
    } catch (error) {
      this.#break(messageOf(error));
    }
  }

  /** Writes the rest and the last record. Nothing may be recorded afterwards. */
  close(): void {
    this.flush();
    this.#write({ metric: RAW_END_MARK, phase: 0, name: 0 }, this.#leftOut);
    this.flush();
    closeSync(this.#file);
  }

  #add(id: RawId, valueUs: number): void {
    if (this.#broken || this.#room < RAW_RECORD_BYTES) {
      if (this.#leftOut++ === 0 && !this.#broken) {
        this.#options.onProblem(`the raw log ${this.#path} is full; further values are left out`);
      }
      return;
    }
    this.#room -= RAW_RECORD_BYTES;
    this.#write(id, valueUs);
  }

  #write({ metric, phase, name }: RawId, value: number): void {
    if (this.#filled + RAW_RECORD_BYTES > BUFFER_BYTES) this.flush();
    let at = this.#filled;
    at = this.#buffer.writeUInt16LE(metric, at);
    at = this.#buffer.writeUInt16LE(phase, at);
    at = this.#buffer.writeInt16LE(name, at);
    at = this.#buffer.writeUInt16LE(0, at);
    this.#filled = this.#buffer.writeDoubleLE(value, at);
  }

  #break(why: string): void {
    this.#broken = true;
    this.#options.onProblem(`cannot write the raw log ${this.#path}: ${why}; values are left out`);
  }
}

interface RawId {
  readonly metric: number;
  readonly phase: number;
  readonly name: number;
}

/** Only engines with a raw log have these, so that without one nothing is asked for a value. */
class LoggedHistogram extends HotHistogram {
  readonly #tell: (valueUs: number) => void;

  constructor(tell: (valueUs: number) => void) {
    super();
    this.#tell = tell;
  }

  override record(valueUs: number): void {
    this.#tell(valueUs);
    super.record(valueUs);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
