/**
 * What was measured in seconds that are over, compressed and out of the way: a part in memory, the rest in a temporary file
 * that has no name and goes with this process. Used by series.ts.
 * Invariant: what is opened equals what was sealed. Bound: MEMORY_BYTES in memory, however long the run is; where the disk
 * refuses, memory takes what it would have.
 */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "../../../shared/assert.ts";

const MEMORY_BYTES = 8 * 1024 * 1024;

/** What was sealed: its bytes, or where they lie in the file. */
export type Sealed = Uint8Array | { readonly at: number; readonly length: number };

/** Nobody closes a fold; its file is closed when nobody can ask for it any more. */
const files = new FinalizationRegistry<number>((file) => closeSync(file));

export class SealedBytes {
  readonly #memoryBytes: number;
  #inMemory = 0;
  #file: number | null = null;
  #fileBytes = 0;
  #refused = false;

  constructor(memoryBytes = MEMORY_BYTES) {
    this.#memoryBytes = memoryBytes;
  }

  /** Bytes that lie in the file. */
  get fileBytes(): number {
    return this.#fileBytes;
  }

  seal(bytes: Uint8Array): Sealed {
    if (this.#inMemory + bytes.length > this.#memoryBytes) {
      const at = this.#write(bytes);
      if (at !== null) return { at, length: bytes.length };
    }
    this.#inMemory += bytes.length;
    return bytes;
  }

  /** Not to be changed. */
  open(sealed: Sealed): Uint8Array {
    return sealed instanceof Uint8Array ? sealed : this.#read(sealed);
  }

  /** @returns where it lies; null when the disk refuses, now and from now on */
  #write(bytes: Uint8Array): number | null {
    if (this.#refused) return null;
    try {
      this.#file ??= this.#openFile();
      const at = this.#fileBytes;
      if (writeSync(this.#file, bytes, 0, bytes.length, at) < bytes.length) throw new Error("full");
      this.#fileBytes += bytes.length;
      return at;
    } catch {
      this.#refused = true;
      return null;
    }
  }

  #read({ at, length }: { readonly at: number; readonly length: number }): Uint8Array {
    const bytes = new Uint8Array(length);
    assert(this.#file !== null, "what was written lies in a file");
    assert(readSync(this.#file, bytes, 0, length, at) === length, "the file holds what was sealed");
    return bytes;
  }

  #openFile(): number {
    const path = join(tmpdir(), `onrush-seconds-${process.pid}-${sequence++}`);
    const file = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    files.register(this, file);
    return file;
  }
}

let sequence = 0;
