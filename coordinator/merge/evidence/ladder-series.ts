/**
 * What the sentinels of all workers saw of each target, second by second. Filled by evidence.ts, read by coordinator/analysis.
 * Invariant: sums, minima and maxima of whole microseconds, so the order of frames does not matter; a frame of several seconds
 * counts in its first. Bound: five doubles for each second, target and rung, where anything was probed.
 */
import type { Frame } from "../../../shared/wire/frame/frame.ts";
import type { Rung, SentinelRows } from "../../../shared/wire/frame/sentinel-rows.ts";

/** Microseconds; null where no probe was answered. */
export interface ProbedSecond {
  readonly answered: number;
  readonly failed: number;
  readonly leastUs: number | null;
  readonly meanUs: number | null;
  readonly mostUs: number | null;
}

const WIDTH = 5;
const [ANSWERED, FAILED, LEAST, SUM, MOST] = [0, 1, 2, 3, 4] as const;
const FIRST_SECONDS = 64;

export class LadderSeries {
  readonly #rows = new Map<string, Float64Array>();

  /** Targets that were probed, by index, in rising order. */
  get targets(): readonly number[] {
    const targets = [...this.#rows.keys()].map((key) => Number(key.split(" ")[0]));
    return [...new Set(targets)].sort((a, b) => a - b);
  }

  add({ second }: Pick<Frame, "second">, probes: SentinelRows["probes"]): void {
    for (const { target, rung, tookUs } of probes) {
      const [rows, at] = this.#place(`${target} ${rung}`, Math.max(0, second));
      if (tookUs === null) {
        rows[at + FAILED] = (rows[at + FAILED] as number) + 1;
        continue;
      }
      const us = Math.round(tookUs);
      const isFirst = rows[at + ANSWERED] === 0;
      rows[at + LEAST] = isFirst ? us : Math.min(rows[at + LEAST] as number, us);
      rows[at + MOST] = Math.max(rows[at + MOST] as number, us);
      rows[at + SUM] = (rows[at + SUM] as number) + us;
      rows[at + ANSWERED] = (rows[at + ANSWERED] as number) + 1;
    }
  }

  /** null: nothing was probed in that second. */
  at(second: number, target: number, rung: Rung): ProbedSecond | null {
    const rows = this.#rows
      .get(`${target} ${rung}`)
      ?.subarray(second * WIDTH, (second + 1) * WIDTH);
    const [answered = 0, failed = 0, leastUs = 0, sum = 0, mostUs = 0] = rows ?? [];
    if (answered + failed === 0) return null;
    if (answered === 0) return { answered, failed, leastUs: null, meanUs: null, mostUs: null };
    return { answered, failed, leastUs, meanUs: sum / answered, mostUs };
  }

  #place(key: string, second: number): [rows: Float64Array, at: number] {
    const known = this.#rows.get(key) ?? new Float64Array(WIDTH * FIRST_SECONDS);
    let rows = known;
    if (rows.length < (second + 1) * WIDTH) {
      rows = new Float64Array(Math.max((second + 1) * WIDTH, known.length * 2));
      rows.set(known);
    }
    this.#rows.set(key, rows);
    return [rows, second * WIDTH];
  }
}
