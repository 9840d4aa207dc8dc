/**
 * results.csv: every number of a run as one tidy table, one number a row, for spreadsheets and data frames. Rendered from
 * the outline: rows for machines where a section has them, else the numbers of its tables. Invariants: an empty value is a
 * missing measure; no text can start a formula, and hidden characters are shown; bounded by what the blocks are.
 */
import { escapeControls } from "../../../shared/scenario/issue.ts";
import type { Block, DataRow, Table } from "../outline/block.ts";
import { isNumeric, joined, shownCell } from "../outline/cells.ts";
import { allBlocks, type OutlineSection } from "../outline/outline.ts";
import type { Unit } from "../outline/unit.ts";
import { csvText } from "../text/csv-text.ts";

export const RESULT_COLUMNS = [
  "scope",
  "phase",
  "name",
  "measure",
  "statistic",
  "unit",
  "value",
] as const;

/** Characters of a name or signature; what is beyond is in summary.json. */
const MAX_TEXT = 500;

const UNITS: Readonly<Record<Unit, string>> = {
  ...{ text: "", figure: "", bar: "", count: "", ms: "ms", seconds: "s", share: "share" },
  ...{ perSecond: "1/s", bytes: "B", cores: "cores" },
};

/** Whole text, header first. */
export function resultsCsv(sections: readonly OutlineSection[]): string {
  let text = `${RESULT_COLUMNS.join(",")}\n`;
  for (const section of sections) {
    for (const row of rowsOf(section)) {
      const { scope, phase, name, measure, statistic, unit, value } = row;
      const cells = [scope, cell(phase), cell(name), cell(measure), statistic, unit, value ?? ""];
      text += `${cells.join(",")}\n`;
    }
  }
  return text;
}

function cell(text = ""): string {
  return csvText(escapeControls(text.slice(0, MAX_TEXT)));
}

function rowsOf({ id, blocks }: OutlineSection): DataRow[] {
  const own = blocks.filter((block) => block.kind === "data");
  if (own.length > 0) return own.flatMap(({ rows }) => rows);
  const tables = [...allBlocks(blocks)].filter((block: Block) => block.kind === "table");
  return tables.flatMap((table) => cellRows(id, table));
}

/** The numbers of a table, each with what its row and its column are called. */
function cellRows(scope: string, { columns, keys, rows }: Table): DataRow[] {
  return rows.flatMap((cells) => {
    const shown = columns.map((column, at) => shownCell(cells[at] ?? null, column));
    const name = shown
      .slice(0, keys)
      .map(({ text }) =>
        joined(text, (piece) => ("foreign" in piece ? piece.foreign : piece.moment)),
      )
      .join(" ");
    return columns.flatMap((column, at): DataRow[] => {
      if (at < keys || !isNumeric(column) || column.unit === "figure") return [];
      const of = { scope, name, measure: column.id, unit: UNITS[column.unit] };
      return [{ ...of, statistic: "value", value: shown[at]?.value ?? null }];
    });
  });
}
