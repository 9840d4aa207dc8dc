/** Reads all rows of a data file at hand, for the tests of this folder. */
import { RowFile } from "../../../shared/scenario/data/row-file.ts";
import type { RowFormat } from "../../../shared/scenario/data/row-format.ts";
import { type DataSource, sourceOf } from "../../../shared/scenario/data/source.ts";
import { dataBudget } from "../../../shared/scenario/data/table.ts";

/** @throws TableFault */
export function readRows(content: Buffer | DataSource, format: RowFormat) {
  const source = Buffer.isBuffer(content) ? sourceOf(content) : content;
  const read: (string | undefined)[][] = [];
  const file = new RowFile(source, format, dataBudget(source.inParts), (cells) => {
    read.push([...cells]);
  });
  // Columns may be known late.
  const rows = read.map((cells) => file.columns.map((_, at) => cells[at] ?? ""));
  return { file, columns: file.columns, rows };
}
