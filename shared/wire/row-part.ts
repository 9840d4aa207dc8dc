/**
 * Rows of data of one shard's connections, for tables that are not in the plan itself. Direction: coordinator -> worker, a
 * document for each shard, written before the plan is; a worker reads it when it takes a slice of the shard.
 * Invariant: by table, the values of the connections' rows, one connection after another in the order of their indices.
 */
import * as z from "zod";
import type { StrictScenario } from "../scenario/strict.ts";
import { text } from "./fields.ts";
import type { Slice } from "./slice.ts";

export interface RowPart {
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

/** A slice with the rows of its shard, on its way to an engine; null: it needs none. */
export interface SliceWithRows extends Slice {
  readonly rows?: RowPart | null;
}

export const rowPartSchema: z.ZodType<RowPart> = z.object({
  tables: z.record(text, z.array(z.string())),
});

/** The rows of some table are not in the plan. */
export function hasRowsByShard({ data }: Pick<StrictScenario, "data">): boolean {
  return Object.values(data).some(({ rows }) => rows.kind === "byShard");
}
