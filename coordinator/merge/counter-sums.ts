/**
 * Sums of counters as frames carry them, by part of the run (names, targets, roles) and phase. Filled by merge.ts. Invariant:
 * adding is commutative, and a counter that some frame lacked, because its build did not record it, is known to be missing.
 */
import type { Counts } from "../../shared/wire/frame/frame.ts";

/** Rows are made when a frame names them. Bound: parts x phases. */
export class CounterTable<T extends string> {
  readonly counters: readonly T[];
  readonly #parts = new Map<number, Map<number, number[]>>();
  readonly #missing = new Set<string>();

  constructor(counters: readonly T[]) {
    this.counters = counters;
  }

  /** Some frame named a part. */
  get isUsed(): boolean {
    return this.#parts.size > 0;
  }

  add(part: number, phase: number, wire: Counts): void {
    const phases = this.#parts.get(part) ?? new Map<number, number[]>();
    const row = phases.get(phase) ?? this.counters.map(() => 0);
    this.#parts.set(part, phases);
    phases.set(phase, row);
    for (const [at, counter] of this.counters.entries()) {
      const count = wire[at];
      if (count === undefined) this.#missing.add(counter);
      else row[at] = (row[at] ?? 0) + count;
    }
  }

  /** Of one part, or of several together; 0 where nothing was counted. @param phases null for all */
  sum(
    parts: number | readonly number[],
    phases: ReadonlySet<number> | null = null,
  ): Record<T, number> {
    const sums = this.counters.map(() => 0);
    for (const part of typeof parts === "number" ? [parts] : parts) {
      for (const [phase, row] of this.#parts.get(part) ?? []) {
        if (phases !== null && !phases.has(phase)) continue;
        for (const [at, count] of row.entries()) sums[at] = (sums[at] ?? 0) + count;
      }
    }
    const named = this.counters.map((counter, at) => [counter, sums[at]]);
    return Object.fromEntries(named) as Record<T, number>;
  }

  /** It is one of these, and every frame had it. */
  has(counter: string): counter is T {
    return (this.counters as readonly string[]).includes(counter) && !this.#missing.has(counter);
  }
}
