/**
 * What hooks have made for connections to send, ahead of time, so that a message goes out when it is due. Filled by hooks.ts,
 * asked by pacing and by payload.ts. Invariant: what was made for one socket of a connection is never sent on its next.
 * Bound: MOST_AHEAD for each connection and message of the mix; one until its first was sent.
 */

/** What a hook made for a message; null: its own `send`. */
export type Made = string | Uint8Array | null;

const MOST_AHEAD = 4;

export class ReadyPayloads {
  readonly #names: number;
  /** By slot and name. */
  readonly #ready: (Made[] | undefined)[] = [];
  /** How many were asked for and have not come. */
  readonly #asked: number[] = [];
  /** How many there should be. */
  readonly #wanted: number[] = [];
  #prepared: Made = null;

  /** @param names positions of names, of which those of messages are used */
  constructor(names: number) {
    this.#names = names;
  }

  /** A new socket: what the slot had is of no use. */
  reset(slot: number): void {
    for (let name = 0; name < this.#names; name++) {
      const at = slot * this.#names + name;
      this.#ready[at] = undefined;
      this.#asked[at] = 0;
      this.#wanted[at] = 1;
    }
  }

  /** How many more should be asked for. */
  lacking(slot: number, name: number): number {
    const at = slot * this.#names + name;
    const { length } = this.#ready[at] ?? [];
    return Math.max(0, (this.#wanted[at] ?? 0) - length - (this.#asked[at] ?? 0));
  }

  asked(slot: number, name: number): void {
    const at = slot * this.#names + name;
    this.#asked[at] = (this.#asked[at] ?? 0) + 1;
  }

  /** One that was asked for will not come. */
  failed(slot: number, name: number): void {
    const at = slot * this.#names + name;
    this.#asked[at] = Math.max(0, (this.#asked[at] ?? 0) - 1);
  }

  came(slot: number, name: number, made: Made): void {
    this.failed(slot, name);
    const at = slot * this.#names + name;
    const ready = this.#ready[at] ?? [];
    ready.push(made);
    this.#ready[at] = ready;
  }

  /** The oldest is what take() gives next. @returns false when there is none */
  prepare(slot: number, name: number): boolean {
    const at = slot * this.#names + name;
    const made = this.#ready[at]?.shift();
    if (made === undefined) return false;
    this.#prepared = made;
    this.#wanted[at] = Math.min(MOST_AHEAD, (this.#wanted[at] ?? 0) + 1);
    return true;
  }

  /** What was prepared, once; null: nothing was, or the hook has left the message to its own `send`. */
  take(): Made {
    const made = this.#prepared;
    this.#prepared = null;
    return made;
  }
}
