/**
 * What came in place of a reply: for a connection that waits for one, the first message since its oldest request that
 * answered nothing, and the latest. Kept by the correlator, read only when a sample of a failure is taken.
 * Bound: CONNECTIONS times two messages of BYTES each per engine, 400 kB in all, taken when the first is kept. Connections
 * share entries by their slot, so one may find that another has taken its place.
 */
import type { Incoming } from "./conversation.ts";

const CONNECTIONS = 1024;
const ENTRIES = 2 * CONNECTIONS;
const BYTES = 200;
/** Bytes of a binary message that are shown, as text: most of them will be escapes. */
const SHOWN_BINARY = 64;

interface Listener {
  readonly slot: number;
  readonly incarnation: number;
}

export class UnmatchedMessages {
  #bytes = Buffer.alloc(0);
  readonly #slots = new Int32Array(ENTRIES).fill(-1);
  readonly #incarnations = new Float64Array(ENTRIES);
  readonly #atUs = new Float64Array(ENTRIES);
  readonly #sizes = new Float64Array(ENTRIES);
  readonly #binary = new Uint8Array(ENTRIES);

  /** @param sinceUs when the oldest message was sent that the connection waits for */
  keep(listener: Listener, incoming: Incoming, sinceUs: number): void {
    if (this.#bytes.length === 0) this.#bytes = Buffer.alloc(ENTRIES * BYTES);
    const first = firstOf(listener);
    const entry = this.#isSince(first, listener, sinceUs) ? first + 1 : first;
    const { data, start, end, binary, nowUs } = incoming;
    data.copy(this.#bytes, entry * BYTES, start, Math.min(end, start + BYTES));
    this.#slots[entry] = listener.slot;
    this.#incarnations[entry] = listener.incarnation;
    this.#atUs[entry] = nowUs;
    this.#sizes[entry] = end - start;
    this.#binary[entry] = binary ? 1 : 0;
  }

  /** What came on the connection since then in words, raw; "" for nothing that is known. */
  describe(listener: Listener, sinceUs: number): string {
    const first = firstOf(listener);
    if (this.#isSince(first, listener, sinceUs)) return this.#text(first);
    return this.#isSince(first + 1, listener, sinceUs) ? this.#text(first + 1) : "";
  }

  #text(entry: number): string {
    const size = this.#sizes[entry] as number;
    const binary = this.#binary[entry] === 1;
    const from = entry * BYTES;
    const shown = Math.min(size, binary ? SHOWN_BINARY : BYTES);
    const content = this.#bytes.toString("utf8", from, from + shown);
    // A character that was cut in two is left out.
    const text = shown < size ? `${content.replace(/\ufffd$/, "")}…` : content;
    return `came instead${binary ? ` (binary, ${size} bytes)` : ""}: ${text}`;
  }

  #isSince(entry: number, { slot, incarnation }: Listener, sinceUs: number): boolean {
    return (
      this.#slots[entry] === slot &&
      this.#incarnations[entry] === incarnation &&
      (this.#atUs[entry] as number) >= sinceUs
    );
  }
}

function firstOf({ slot }: Listener): number {
  return 2 * (slot % CONNECTIONS);
}
