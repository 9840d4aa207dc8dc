/**
 * Says in a run's journal what was refused on the bus and would have touched it: forged or damaged frames, tickets and
 * documents. Kept by active-run.ts. Invariant: each kind of it is said once, with a bound on how much is said.
 */
import type { Refusals } from "../../shared/trust/refusals.ts";
import { textOf } from "../../shared/trust/refusals.ts";
import type { Member } from "../fleet/members.ts";

const MAX_NOTES = 20;

export interface RefusedNotesOptions {
  readonly run: string;
  readonly refusals: Refusals;
  readonly workers: () => readonly Member[];
  readonly note: (message: string) => void;
}

export class RefusedNotes {
  readonly #options: RefusedNotesOptions;
  readonly #said = new Set<string>();
  /** What each worker had refused when it was looked at first, or last said. */
  readonly #ofWorkers = new Map<number, number>();
  #seen = -1;

  constructor(options: RefusedNotesOptions) {
    this.#options = options;
  }

  /** Says what is new. */
  say(): void {
    const { refusals, workers } = this.#options;
    if (refusals.count !== this.#seen) this.#sayOwn();
    this.#seen = refusals.count;
    for (const { epoch, info, status } of workers()) {
      if (status === null) continue;
      const before = this.#ofWorkers.get(epoch) ?? status.refused;
      this.#ofWorkers.set(epoch, status.refused);
      if (status.refused > before) this.#note(`worker ${info.id} ${status.refusal}`);
    }
  }

  #sayOwn(): void {
    const { run, refusals } = this.#options;
    for (const group of refusals.groups) {
      if (group.run === run) this.#note(textOf(group));
    }
  }

  #note(text: string): void {
    if (this.#said.has(text) || this.#said.size >= MAX_NOTES) return;
    this.#said.add(text);
    this.#options.note(`Not acted on: ${text}.`);
  }
}
