/**
 * Takes up runs that were begun and are not served: at the start of a coordinator, and again and again from then on, until
 * each of them is served or over. Shows, too, that the runs this coordinator serves are alive (store/lock.ts). Used by
 * service.ts. Invariant: a run is taken up only under this coordinator's lead; why one is not served can be told at any
 * time.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import { type LeadIntent, lockHolder, lockMark, touchLock } from "../store/lock.ts";
import type { RunFile } from "../store/run-directory.ts";
import type { RunArchive } from "./run-archive.ts";
import { readServiceFile, type ServiceFile } from "./service-file.ts";

export const POLL_MS = 2000;
/** A lock that belongs to no lead of this bus, on which nothing moves for so long, is nobody's any more. */
const SILENT_US = 20_000_000;
/** Between tries of one run: as many looks as tries so far, at most. */
const MAX_POLLS_BETWEEN = 15;

/** The lead, as far as runs need it. */
export interface LeadOfRuns {
  readonly held: boolean;
  readonly epoch: number;
  raise(above: number): Promise<void>;
}

export interface TakeUpOptions {
  readonly archive: RunArchive;
  readonly lead: LeadOfRuns;
  /** The bus' store's life now. */
  readonly generation: () => string;
  /** Whether a run that ended is not over: its probe run is not settled. */
  readonly isPending: (id: string) => boolean;
  /** Runs this coordinator serves, or has served to their end. */
  readonly entries: () => readonly { readonly id: string; readonly isOver: boolean }[];
  readonly take: (run: RunFile, file: ServiceFile, lead: LeadIntent) => Promise<void>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** A run that is not served. */
interface Waiting {
  /** Why, for people. */
  why: string;
  tries: number;
  pollsLeft: number;
  /** Its lock as it was first seen like this, and when. */
  mark: string | null;
  markedUs: number;
}

export class TakeUp {
  readonly #options: TakeUpOptions;
  readonly #waiting = new Map<string, Waiting>();
  /** Runs that no coordinator began, as they were said to be. */
  readonly #foreign = new Set<string>();
  readonly #closing = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: TakeUpOptions) {
    this.#options = options;
  }

  /** Looks once, then again and again. */
  async start(): Promise<void> {
    await this.#poll();
    this.#looking = this.#keepPolling();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looking;
  }

  /** Why a run that is not over is not served by this coordinator. */
  why(id: string): string {
    if (this.#foreign.has(id)) return "no coordinator began it";
    return this.#waiting.get(id)?.why ?? "it has not been looked at yet";
  }

  /** Another program's: it is not taken up. */
  isForeign(id: string): boolean {
    return this.#foreign.has(id);
  }

  async #keepPolling(): Promise<void> {
    for (;;) {
      await sleep(this.#options.timers, POLL_MS, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      await this.#poll();
    }
  }

  async #poll(): Promise<void> {
    const { archive, clock } = this.#options;
    const entries = this.#options.entries();
    const known = new Set(entries.map(({ id }) => id));
    for (const { id, isOver } of entries) {
      if (!isOver) await touchLock(archive.directoryOf(id), clock.wallMs());
    }
    const unfinished = await archive.unfinished(this.#options.isPending);
    const ids = new Set(unfinished.map(({ id }) => id));
    for (const id of this.#waiting.keys()) if (!ids.has(id)) this.#waiting.delete(id);
    for (const run of unfinished) {
      if (this.#closing.signal.aborted) return;
      if (!known.has(run.id) && !this.#foreign.has(run.id)) await this.#try(run);
    }
  }

  async #try(run: RunFile): Promise<void> {
    const { archive, log, take } = this.#options;
    const { id } = run;
    const directory = archive.directoryOf(id);
    // A run of another program (`onrush run`) is not this one's to go on with.
    const file = await readServiceFile(directory);
    if (file === null) {
      this.#foreign.add(id);
      log.info(`run ${id} is left as it is: no coordinator began it`);
      return;
    }
    const waiting = this.#waitingOf(id);
    await this.#watchLock(directory, waiting);
    if (waiting.pollsLeft > 0) {
      waiting.pollsLeft--;
      return;
    }
    try {
      await take(run, file, await this.#intentFor(directory, waiting));
      this.#waiting.delete(id);
    } catch (error) {
      if (!(error instanceof OnrushError)) throw error;
      const why = `it cannot be taken up: ${error.message}`;
      if (why !== waiting.why) log.error(`run ${id} is not served: ${why}; it is tried again`);
      waiting.why = why;
      waiting.tries++;
      waiting.pollsLeft = Math.min(waiting.tries, MAX_POLLS_BETWEEN);
    }
  }

  #waitingOf(id: string): Waiting {
    const known = this.#waiting.get(id);
    if (known !== undefined) return known;
    const why = "it is being taken up";
    const made: Waiting = { why, tries: 0, pollsLeft: 0, mark: null, markedUs: 0 };
    this.#waiting.set(id, made);
    return made;
  }

  async #watchLock(directory: string, waiting: Waiting): Promise<void> {
    const mark = await lockMark(directory);
    if (mark === waiting.mark) return;
    waiting.mark = mark;
    waiting.markedUs = this.#options.clock.monotonicUs();
  }

  async #intentFor(directory: string, { mark, markedUs }: Waiting): Promise<LeadIntent> {
    const { lead, generation, clock } = this.#options;
    const held = (await lockHolder(directory))?.lead;
    const bus = generation();
    if (held?.bus === bus) await lead.raise(held.epoch);
    const silent = mark !== null && clock.monotonicUs() - markedUs >= SILENT_US ? mark : null;
    return { epoch: lead.epoch, bus, silent };
  }
}
