/**
 * Rows of data that came with the slices of an engine. Filled by the engine, read by placeholders. Invariant: they stay until the
 * run is over; a connection of a shard that has come finds its row. Bound: that of the coordinator, which sent them.
 */
import type { RowsOfShards, Table } from "../../shared/scenario/template/data-row.ts";
import type { RowPart } from "../../shared/wire/row-part.ts";

export class ShardRows implements RowsOfShards {
  readonly #shards: number;
  readonly #parts = new Map<number, RowPart["tables"]>();

  /** @param shards of the run */
  constructor(shards: number) {
    this.#shards = shards;
  }

  add(shard: number, { tables }: RowPart): void {
    this.#parts.set(shard, tables);
  }

  cell({ name, table }: Table, column: number, connectionIndex: number): string {
    const values = this.#parts.get(connectionIndex % this.#shards)?.[name];
    const place = Math.floor(connectionIndex / this.#shards);
    return values?.[place * table.columns.length + column] ?? "";
  }
}
