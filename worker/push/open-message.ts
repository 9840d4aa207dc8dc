/**
 * One pushed message while its receivers are counted: who has it by place in its scope, and when each got it. Made and used again
 * by push-reach.ts. Bound: a bit for each place of the scope and 8 bytes for each receiver.
 */
import { FRAME_LIMITS } from "../../shared/wire/frame/frame-limits.ts";

export class OpenMessage {
  scope = 0;
  key = 0;
  phase = 0;
  /** Run time. */
  sentUs = 0;
  /** What times are counted from, run time. */
  baseUs = 0;
  firstUs = 0;
  /** First copies of connections, whoever they are. */
  receivers = 0;
  repeated = 0;
  #marks = new Uint32Array(2);
  #times = new Float64Array(16);

  /** Made anew for another message. */
  begin(scope: number, key: number, phase: number): void {
    this.scope = scope;
    this.key = key;
    this.phase = phase;
    this.receivers = 0;
    this.repeated = 0;
    this.#marks.fill(0);
  }

  /** @returns false when it was marked before */
  mark(place: number): boolean {
    const word = place >>> 5;
    if (word >= this.#marks.length) this.#marks = grown(this.#marks, word);
    const bit = 1 << (place & 31);
    const marks = this.#marks[word] as number;
    if ((marks & bit) !== 0) return false;
    this.#marks[word] = marks | bit;
    return true;
  }

  isMarked(place: number): boolean {
    return (((this.#marks[place >>> 5] ?? 0) >>> (place & 31)) & 1) === 1;
  }

  /** Somebody has got it for the first time. */
  receive(timeUs: number): void {
    const at = this.receivers++;
    if (at >= this.#times.length) {
      const larger = new Float64Array(2 * this.#times.length);
      larger.set(this.#times);
      this.#times = larger;
    }
    this.#times[at] = timeUs;
  }

  /** Rising whole microseconds: all times, or, of more than may be told, as many at equal distances in rank. */
  timesUs(): number[] {
    const times = this.#times.subarray(0, this.receivers).sort();
    const most = FRAME_LIMITS.reachTimes;
    if (times.length <= most) return Array.from(times, Math.round);
    const step = (times.length - 1) / (most - 1);
    return Array.from({ length: most }, (_, at) =>
      Math.round(times[Math.round(at * step)] as number),
    );
  }
}

function grown(marks: Uint32Array<ArrayBuffer>, word: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(2 * marks.length, word + 1));
  larger.set(marks);
  return larger;
}
