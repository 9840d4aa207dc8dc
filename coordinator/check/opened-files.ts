/**
 * The files of this machine that a scenario names, while it is checked. Used by answer.ts. Invariants: a file that is read in parts
 * stays open until the check is over; what can only be read once, such as a pipe, is read whole, within its bound.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import { type DataSource, sourceOf } from "../../shared/scenario/data/source.ts";
import { MAX_DATA_BYTES } from "../../shared/scenario/limits.ts";
import { readBounded } from "./bounded-file.ts";
import { MAX_SUBMISSION_BYTES } from "./submission.ts";

export class OpenedFiles {
  readonly #folder: string;
  readonly #open = new Map<string, number>();
  readonly #whole = new Map<string, Buffer>();

  /** @param folder paths are relative to it */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Throws as node:fs does. */
  whole(path: string): Buffer {
    const content =
      this.#whole.get(path) ?? readBounded(resolve(this.#folder, path), MAX_DATA_BYTES);
    this.#whole.set(path, content);
    return content;
  }

  /** Throws as node:fs does. */
  inParts(path: string): DataSource {
    const file = openSync(resolve(this.#folder, path), "r");
    const stat = fstatSync(file);
    if (!stat.isFile()) {
      closeSync(file);
      return sourceOf(this.whole(path));
    }
    this.#open.set(path, file);
    return { bytes: stat.size, inParts: true, read: (at, length) => readAt(file, at, length) };
  }

  /** Of all of them; of one that is too large to be sent, a little more than can be. */
  contents(): Map<string, Uint8Array> {
    const contents = new Map<string, Uint8Array>(this.#whole);
    for (const [path, file] of this.#open) {
      contents.set(path, readAt(file, 0, Math.min(fstatSync(file).size, MAX_SUBMISSION_BYTES + 1)));
    }
    return contents;
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }
}

/** Fewer bytes where the file ends before. */
function readAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const more = readSync(file, bytes, got, length - got, at + got);
    if (more === 0) break;
    got += more;
  }
  return bytes.subarray(0, got);
}
