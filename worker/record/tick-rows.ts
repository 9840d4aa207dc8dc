/**
 * The ticks of the current second (TICK_SERIES), ten of 100 ms. Owned by the recorder. Invariant: `open` is a gauge that keeps
 * its value through every tick that ended before now, the others are counts.
 */
import { indexOf, TICK_SERIES } from "../../shared/stats/counters.ts";

export const SERIES = indexOf(TICK_SERIES);

const SECOND_US = 1_000_000;
const TICK_US = 100_000;
const TICKS = 10;

export class TickRows {
  /** Connections open now. */
  open = 0;
  readonly #rows: Float64Array[] = TICK_SERIES.map(() => new Float64Array(TICKS));
  #tick = 0;

  /** A second begins. */
  begin(): void {
    this.#tick = 0;
  }

  count(series: number): void {
    const row = this.#rows[series] as Float64Array;
    row[this.#tick] = (row[this.#tick] as number) + 1;
  }

  /** Moves on to the tick of a moment of the second. */
  moveTo(nowUs: number, second: number): void {
    const tick = Math.min(TICKS - 1, Math.floor((nowUs - second * SECOND_US) / TICK_US));
    const gauge = this.#rows[SERIES.open] as Float64Array;
    while (this.#tick < tick) {
      gauge[this.#tick] = this.open;
      this.#tick++;
    }
  }

  /** The second is over. */
  cut(): number[][] {
    (this.#rows[SERIES.open] as Float64Array)[TICKS - 1] = this.open;
    const cut = this.#rows.map((row) => Array.from(row));
    for (const row of this.#rows) row.fill(0);
    this.#tick = 0;
    return cut;
  }
}
