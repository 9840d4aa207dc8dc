/**
 * Frames that were handed to the log, with their seq, until they are acknowledged. Used by the publisher.
 * Invariant: seqs are consecutive; the bytes of a frame never change once it is in here.
 */
export interface SentFrame {
  readonly seq: number;
  readonly body: Uint8Array;
}

export class SentFrames {
  readonly #frames: SentFrame[] = [];
  #nextSeq = 0;
  #nextToAppend = 0;
  #bytes = 0;

  /** Highest seq given out; -1 for none. */
  get lastSeq(): number {
    return this.#nextSeq - 1;
  }

  get count(): number {
    return this.#frames.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Lowest seq that is kept: all below are on the coordinator's disk. The next one to be given out when none is. */
  get floor(): number {
    return this.#frames[0]?.seq ?? this.#nextSeq;
  }

  /** The frame to append next; undefined when all were. */
  get next(): SentFrame | undefined {
    const [first] = this.#frames;
    return first === undefined ? undefined : this.#frames[this.#nextToAppend - first.seq];
  }

  add(body: Uint8Array): void {
    this.#frames.push({ seq: this.#nextSeq, body });
    this.#nextSeq += 1;
    this.#bytes += body.length;
  }

  /** The log has this one. */
  appended(seq: number): void {
    if (this.#nextToAppend === seq) this.#nextToAppend = seq + 1;
  }

  /** The coordinator has this one and all below on disk, also those whose append is still in doubt. */
  acknowledged(seq: number): void {
    while (this.#frames[0] !== undefined && this.#frames[0].seq <= seq) {
      this.#bytes -= this.#frames[0].body.length;
      this.#frames.shift();
    }
    this.#nextToAppend = Math.max(this.#nextToAppend, Math.min(seq + 1, this.#nextSeq));
  }

  /** Everything that is not acknowledged will be appended again. */
  rewind(): void {
    this.#nextToAppend = this.#frames[0]?.seq ?? this.#nextSeq;
  }
}
