/**
 * When the sessions of an engine's shards are due to open, in order: the engine takes from the front what
 * is due. Filled from the plan when shards are handed over, before the start or while running.
 * Invariant: every session of every shard added is taken exactly once, but for those that are over when a shard comes
 * while running.
 */
import type { Population } from "../../shared/load/arrivals.ts";
import { indicesOf } from "../../shared/load/split.ts";

/**
 * Sessions that should be open already when their shard comes (its worker was lost) are opened evenly over this time:
 * never in a burst, and at a rate that is the same however many workers take them.
 */
const RECOVER_WITHIN_US = 3_000_000;

interface Row {
  readonly openUs: number;
  readonly closeUs: number;
  readonly index: number;
  readonly session: number;
}

export class Agenda {
  #openUs = new Float64Array(0);
  #closeUs = new Float64Array(0);
  #index = new Uint32Array(0);
  #session = new Uint32Array(0);
  #cursor = 0;

  /** Sessions not taken yet. */
  get remaining(): number {
    return this.#index.length - this.#cursor;
  }

  /** When the next session is due; Infinity when there is none. */
  get nextUs(): number {
    return this.#openUs[this.#cursor] ?? Number.POSITIVE_INFINITY;
  }

  get nextCloseUs(): number {
    return this.#closeUs[this.#cursor] as number;
  }

  get nextIndex(): number {
    return this.#index[this.#cursor] as number;
  }

  /** Which session of its index it is, from 0. */
  get nextSession(): number {
    return this.#session[this.#cursor] as number;
  }

  take(): void {
    this.#cursor++;
  }

  /** Drops what was not taken. */
  clear(): void {
    this.#cursor = this.#index.length;
  }

  /**
   * Adds the sessions of the shards.
   * @param nowUs run time; sessions that should be open by then are opened soon, what is over is left out. Negative or
   *   -Infinity before the start.
   */
  add(
    population: Population,
    shards: readonly number[],
    { shardCount, nowUs }: { readonly shardCount: number; readonly nowUs: number },
  ): void {
    const rows: Row[] = [];
    for (let at = this.#cursor; at < this.#index.length; at++) {
      rows.push({
        openUs: this.#openUs[at] as number,
        closeUs: this.#closeUs[at] as number,
        index: this.#index[at] as number,
        session: this.#session[at] as number,
      });
    }
    const overdue: Row[] = [];
    for (const shard of shards) {
      for (const index of indicesOf(shard, shardCount, population.connections)) {
        population.sessionsOf(index).forEach(({ openUs, closeUs }, session) => {
          if (closeUs <= nowUs) return;
          (openUs < nowUs ? overdue : rows).push({ openUs, closeUs, index, session });
        });
      }
    }
    overdue.sort((a, b) => a.index - b.index);
    overdue.forEach((row, at) => {
      const openUs = nowUs + (RECOVER_WITHIN_US * at) / overdue.length;
      // One that the plan closes before its turn comes stays closed.
      if (openUs < row.closeUs) rows.push({ ...row, openUs });
    });
    rows.sort((a, b) => a.openUs - b.openUs || a.index - b.index);
    this.#openUs = Float64Array.from(rows, (row) => row.openUs);
    this.#closeUs = Float64Array.from(rows, (row) => row.closeUs);
    this.#index = Uint32Array.from(rows, (row) => row.index);
    this.#session = Uint32Array.from(rows, (row) => row.session);
    this.#cursor = 0;
  }
}
