/**
 * What came for each sequence that is followed, and when: the sample of one that fails. Used by sequences.ts. Bound: the first
 * FIRST and the last LAST events of a record; the text of an event that a sequence does not have is cut at MAX_NAME characters.
 * Text is made when a sequence fails, and only then.
 */
const FIRST = 8;
const LAST = 8;
const ROOM = FIRST + LAST;
const MAX_NAME = 60;
const FIRST_RECORDS = 256;
/** Of an event that the sequence does not have. */
export const UNKNOWN = -1;

export class EventLog {
  #counts = new Uint32Array(0);
  /** Microseconds since the intended time. */
  #offsets = new Float64Array(0);
  #events = new Int16Array(0);
  /** The last event without a number; there is one at most, for it ends the sequence. */
  #stranger = "";

  /** A record begins. */
  begin(record: number): void {
    if (record >= this.#counts.length) this.#grow(record);
    this.#counts[record] = 0;
  }

  /** @param name as the message has it; used for UNKNOWN alone */
  add(record: number, event: number, offsetUs: number, name: string): void {
    const count = this.#counts[record] as number;
    const place = count < FIRST ? count : FIRST + ((count - FIRST) % LAST);
    this.#offsets[record * ROOM + place] = offsetUs;
    this.#events[record * ROOM + place] = event;
    this.#counts[record] = count + 1;
    if (event === UNKNOWN) this.#stranger = name.slice(0, MAX_NAME);
  }

  /** "+0.0 ms sent, +1.2 ms agent_started, +9.7 ms agent_completed"; then what else is known. */
  describe(record: number, names: readonly string[], endUs: number | null): string {
    const count = this.#counts[record] as number;
    const parts = ["sent"];
    for (let at = 0; at < count; at++) {
      if (at >= FIRST && at < count - LAST) continue;
      if (at >= FIRST && at === count - LAST && count > ROOM) {
        parts.push(`${count - ROOM} more`);
      }
      const place = record * ROOM + (at < FIRST ? at : FIRST + ((at - FIRST) % LAST));
      const event = this.#events[place] as number;
      const name = event === UNKNOWN ? this.#stranger : (names[event] as string);
      parts.push(`${milliseconds(this.#offsets[place] as number)} ${name}`);
    }
    if (endUs !== null) parts.push(`${milliseconds(endUs)} given up`);
    return parts.join(", ");
  }

  #grow(record: number): void {
    const capacity = Math.max(FIRST_RECORDS, 2 ** Math.ceil(Math.log2(record + 1)));
    const counts = new Uint32Array(capacity);
    counts.set(this.#counts);
    const offsets = new Float64Array(capacity * ROOM);
    offsets.set(this.#offsets);
    const events = new Int16Array(capacity * ROOM);
    events.set(this.#events);
    this.#counts = counts;
    this.#offsets = offsets;
    this.#events = events;
  }
}

function milliseconds(us: number): string {
  return `+${(us / 1000).toFixed(1)} ms`;
}
