/**
 * Sums of counters as frames carry them. Called by merge.ts. Invariant: adding is commutative, and a counter that some frame
 * lacked, because its build did not record it, is known to be missing.
 */
import type { Counts } from "../../shared/wire/frame/frame.ts";

export function zeros<T extends string>(names: readonly T[]): Record<T, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<T, number>;
}

export function addTo<T extends string>(sum: Record<T, number>, addition: Record<T, number>): void {
  for (const name in sum) sum[name] += addition[name];
}

export function addWire<T extends string>(
  sum: Record<T, number>,
  names: readonly T[],
  wire: Counts,
): void {
  for (const [at, name] of names.entries()) sum[name] += wire[at] ?? 0;
}

export function addMissing(missing: Set<string>, names: readonly string[], wire: Counts): void {
  for (const [at, name] of names.entries()) if (wire[at] === undefined) missing.add(name);
}

/** Counters per part of a run (targets, roles) and phase; rows are made when a frame names them. Bound: parts x phases. */
export class PartCounters<T extends string> {
  readonly #names: readonly T[];
  readonly #parts = new Map<number, Map<number, Record<T, number>>>();
  readonly #missing = new Set<string>();

  constructor(names: readonly T[]) {
    this.#names = names;
  }

  add(part: number, phase: number, counters: Counts): void {
    const phases = this.#parts.get(part) ?? new Map<number, Record<T, number>>();
    const row = phases.get(phase) ?? zeros(this.#names);
    this.#parts.set(part, phases);
    phases.set(phase, row);
    addWire(row, this.#names, counters);
    addMissing(this.#missing, this.#names, counters);
  }

  /** @param phases null for all */
  sum(part: number, phases: ReadonlySet<number> | null): Record<T, number> {
    const sum = zeros(this.#names);
    for (const [phase, counters] of this.#parts.get(part) ?? []) {
      if (phases === null || phases.has(phase)) addTo(sum, counters);
    }
    return sum;
  }

  get isUsed(): boolean {
    return this.#parts.size > 0;
  }

  /** False when some frame lacked it. */
  has(name: T): boolean {
    return !this.#missing.has(name);
  }
}
