/** Data tables as tests write them, and read them back. */
import type { StrictDataTable } from "../../shared/scenario/strict.ts";
import { keptRows, packedCell } from "../../shared/scenario/template/data-row.ts";

export function tableOf(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  pick: StrictDataTable["pick"],
): StrictDataTable {
  const longest = columns.map((_, at) => Math.max(0, ...rows.map((row) => row[at]?.length ?? 0)));
  return {
    ...{ columns, count: rows.length, longest, pick },
    rows: { kind: "listed", values: rows.flat() },
  };
}

/** The rows that are kept, in the order of the file. */
export function rowsOf(table: StrictDataTable | undefined): string[][] {
  if (table === undefined) return [];
  const { rows, columns } = table;
  const width = columns.length;
  return Array.from({ length: keptRows(table) }, (_, row) =>
    columns.map((_, column) => {
      const at = row * width + column;
      if (rows.kind === "packed") return packedCell(rows, at);
      return rows.kind === "listed" ? (rows.values[at] ?? "") : "";
    }),
  );
}
