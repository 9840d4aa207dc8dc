/**
 * The connection ledger per shard, as the recorder keeps it between two frames. Invariant: `open` is the sum of
 * established minus closed since the shard was added, and a shard with any change is in the next frame.
 */
import { indexOf, SHARD_FIELDS } from "../../shared/stats/counters.ts";
import type { ShardLedger } from "../../shared/wire/frame/frame.ts";

const FIELD = indexOf(SHARD_FIELDS);
const WIDTH = SHARD_FIELDS.length;

export class ShardRows {
  /** Row of each shard, -1 where it is not ours. */
  readonly #rowOf: Int32Array;
  readonly #numbers: number[] = [];
  readonly #rows: Float64Array[] = [];
  readonly #changed: boolean[] = [];

  constructor(shards: number) {
    this.#rowOf = new Int32Array(shards).fill(-1);
  }

  /** Harmless for one that is ours already. */
  add(shard: number): void {
    if ((this.#rowOf[shard] as number) >= 0) return;
    this.#rowOf[shard] = this.#numbers.length;
    this.#numbers.push(shard);
    this.#rows.push(new Float64Array(WIDTH));
    this.#changed.push(true);
  }

  /** Adds one to a field of SHARD_FIELDS other than `open`, which follows by itself. */
  count(shard: number, field: number): void {
    const at = this.#rowOf[shard] as number;
    const row = this.#rows[at] as Float64Array;
    row[field] = (row[field] as number) + 1;
    if (field === FIELD.established) row[FIELD.open] = (row[FIELD.open] as number) + 1;
    else if (field === FIELD.closed) row[FIELD.open] = (row[FIELD.open] as number) - 1;
    this.#changed[at] = true;
  }

  /** Rows of the shards that changed, or of all; counts start again, `open` stays. */
  cut(all: boolean): ShardLedger[] {
    const cut: ShardLedger[] = [];
    this.#numbers.forEach((shard, at) => {
      if (!all && !this.#changed[at]) return;
      const row = this.#rows[at] as Float64Array;
      cut.push({ shard, counters: Array.from(row) });
      row.fill(0, 0, FIELD.open);
      this.#changed[at] = false;
    });
    return cut;
  }
}
