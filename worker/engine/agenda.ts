/**
 * When the sessions of an engine's slices are due to open, in order: the engine takes from the front what
 * is due. Filled from the plan when slices are handed over, before the start or while running.
 * Invariant: every session of every slice added is taken exactly once, but for those that are over when a slice comes
 * while running, and those that are given to another worker.
 */
import type { Population } from "../../shared/load/arrivals.ts";
import { indicesOf } from "../../shared/load/split.ts";
import { isInSlice, type Slice } from "../../shared/wire/slice.ts";

interface Row {
  readonly openUs: number;
  readonly plannedUs: number;
  readonly closeUs: number;
  readonly index: number;
  readonly session: number;
  readonly slice: number;
}

export class Agenda {
  #openUs = new Float64Array(0);
  #plannedUs = new Float64Array(0);
  #closeUs = new Float64Array(0);
  #index = new Uint32Array(0);
  #session = new Uint32Array(0);
  #slice = new Uint16Array(0);
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

  get nextSlice(): number {
    return this.#slice[this.#cursor] as number;
  }

  take(): void {
    this.#cursor++;
  }

  /** Drops what was not taken. */
  clear(): void {
    this.#cursor = this.#index.length;
  }

  /** Drops the slice's sessions that are planned to open at fromUs or later. */
  drop(slice: number, fromUs: number): void {
    this.#fill(this.#left().filter((row) => row.slice !== slice || row.plannedUs < fromUs));
  }

  /**
   * Adds the sessions of the slices.
   * @param nowUs run time; sessions that should be open by then are opened evenly over recoverWithinUs, never in a burst;
   *   what is over is left out. Negative or -Infinity before the start.
   */
  add(
    population: Population,
    slices: readonly Slice[],
    times: {
      readonly shardCount: number;
      readonly nowUs: number;
      readonly recoverWithinUs: number;
      /** Only sessions that open from then on; default: all. */
      readonly fromUs?: number;
    },
  ): void {
    const { shardCount, nowUs, recoverWithinUs, fromUs = Number.NEGATIVE_INFINITY } = times;
    const rows = this.#left();
    const overdue: Row[] = [];
    for (const slice of slices) {
      for (const index of indicesOf(slice.shard, shardCount, population.connections)) {
        population.sessionsOf(index).forEach(({ openUs, closeUs }, session) => {
          if (closeUs <= nowUs || openUs < fromUs || !isInSlice(slice, openUs)) return;
          const row = { openUs, plannedUs: openUs, closeUs, index, session, slice: slice.id };
          (openUs < nowUs ? overdue : rows).push(row);
        });
      }
    }
    overdue.sort((a, b) => a.index - b.index);
    overdue.forEach((row, at) => {
      const openUs = nowUs + (recoverWithinUs * at) / overdue.length;
      // One that the plan closes before its turn comes stays closed.
      if (openUs < row.closeUs) rows.push({ ...row, openUs });
    });
    this.#fill(rows);
  }

  /** The plan is another from fromUs on: what opens before closes when it says now, and what opens later is new. */
  replan(
    population: Population,
    slices: readonly Slice[],
    times: Parameters<Agenda["add"]>[2] & { readonly fromUs: number },
  ): void {
    const kept = this.#left().flatMap((row) => {
      const session = population.sessionsOf(row.index)[row.session];
      if (row.plannedUs >= times.fromUs || session === undefined) return [];
      return session.closeUs <= row.openUs ? [] : [{ ...row, closeUs: session.closeUs }];
    });
    this.#fill(kept);
    this.add(population, slices, times);
  }

  #left(): Row[] {
    const rows: Row[] = [];
    for (let at = this.#cursor; at < this.#index.length; at++) {
      rows.push({
        openUs: this.#openUs[at] as number,
        plannedUs: this.#plannedUs[at] as number,
        closeUs: this.#closeUs[at] as number,
        index: this.#index[at] as number,
        session: this.#session[at] as number,
        slice: this.#slice[at] as number,
      });
    }
    return rows;
  }

  #fill(rows: Row[]): void {
    rows.sort((a, b) => a.openUs - b.openUs || a.index - b.index);
    this.#openUs = Float64Array.from(rows, (row) => row.openUs);
    this.#plannedUs = Float64Array.from(rows, (row) => row.plannedUs);
    this.#closeUs = Float64Array.from(rows, (row) => row.closeUs);
    this.#index = Uint32Array.from(rows, (row) => row.index);
    this.#session = Uint32Array.from(rows, (row) => row.session);
    this.#slice = Uint16Array.from(rows, (row) => row.slice);
    this.#cursor = 0;
  }
}
