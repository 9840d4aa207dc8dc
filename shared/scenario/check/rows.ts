/**
 * Every row that is kept of the data in every place that cannot carry just any text: what is wrong with one row is found before
 * anything starts, and not by the connection that has it. Called by the checks of connect and messages.
 * Invariant: the work is bounded by MAX_CHECKED_CELLS; rows beyond it are checked by the worker when their turn comes.
 */
import type { Path } from "../issue.ts";
import type { DataRows, StrictDataTable } from "../strict.ts";
import { cellOf, keptRows } from "../template/data-row.ts";
import type { ColumnRead } from "../template/placeholder.ts";
import { compileJson, compileTemplate, compileUrl, type Template } from "../template/template.ts";
import { quoted } from "../units.ts";
import { SAMPLE, type TemplateContext } from "./templates.ts";

/** Cells of data, all places of a scenario together; one that is long counts for more. */
export const MAX_CHECKED_CELLS = 2_000_000;
/** Characters that cost as much as a cell. */
const CELL_CHARS = 256;

/** What stands in a scenario where not every text may. */
export interface Place {
  readonly kind: "text" | "url" | "json";
  readonly value: unknown;
  readonly path: Path;
  /** Why the text with its values cannot stand here; "" when it can. */
  readonly fault: (text: string) => string;
  readonly hint: string;
}

/** Logs the first row with which a place has a fault. Nothing is said of a place that has one already. */
export function checkPlace(place: Place, template: Template, context: TemplateContext): void {
  const { log } = context;
  if (!log.isSound(place.path)) return;
  const alone = template.columns.length === 0 ? place.fault(template.render(SAMPLE)) : "";
  if (alone !== "") log.add(place.path, alone, place.hint);
  else if (template.columns.length > 0) checkRows(place, template.columns, context);
}

function checkRows(place: Place, reads: readonly ColumnRead[], context: TemplateContext): void {
  // Row r belongs to connection r, however the table is picked from.
  const template = compile(place, inTurn(context.scope));
  const render = { ...SAMPLE };
  const rows = Math.max(...reads.map(({ table }) => keptRows(table.table)));
  const cells = Math.max(...reads.map(({ column, table }) => cost(column, table.table.columns)));
  const bad = { first: -1, fault: "", count: 0 };
  for (let row = 0; row < rows && context.work.left > 0; row++) {
    render.connectionIndex = row;
    const text = template.render(render);
    context.work.left -= cells + Math.floor(text.length / CELL_CHARS);
    const fault = place.fault(text);
    if (fault === "") continue;
    if (bad.count++ === 0) Object.assign(bad, { first: row, fault });
  }
  if (bad.count === 0) return;
  const others = bad.count - 1;
  const more = others === 0 ? "" : ` (and ${others} more row${others === 1 ? "" : "s"})`;
  const where = whereIs(bad.first, place, { reads, context });
  context.log.add(place.path, `${bad.fault}: ${where}${more}`, place.hint);
}

/** A plain cell costs itself, an expression a row of its table. */
function cost(column: number | null, columns: readonly string[]): number {
  return column === null ? columns.length : 1;
}

/** Line and column of the value with which the place has its fault. */
function whereIs(
  row: number,
  place: Place,
  { reads, context }: { readonly reads: readonly ColumnRead[]; readonly context: TemplateContext },
): string {
  const culprit = reads.find((read) => isMended(place, row, { read, context })) ?? reads[0];
  if (culprit === undefined) return "";
  const { name, table } = culprit.table;
  const file = context.files.get(name);
  if (file === undefined) return `data.${name}`;
  const where = file.placeOf(numberOf(table.rows, row % keptRows(table)));
  const column = culprit.column === null ? "" : `, column ${table.columns[culprit.column] ?? ""}`;
  return `${where} of ${quoted(file.path)}${column}`;
}

/** Whether the fault goes away when this cell of the row is replaced. */
function isMended(
  place: Place,
  row: number,
  { read, context }: { readonly read: ColumnRead; readonly context: TemplateContext },
): boolean {
  const data = Object.fromEntries(
    Object.entries(inTurn(context.scope).data).map(([name, table]) => {
      const of = { name, ordinal: 0, table };
      const owner = { seed: 0, connectionIndex: row };
      const values = table.columns.map((_, column) =>
        name === read.table.name && column === read.column ? "x" : cellOf(of, column, owner, null),
      );
      return [name, { ...table, count: 1, rows: { kind: "listed" as const, values } }];
    }),
  );
  const template = compile(place, { ...context.scope, data });
  return place.fault(template.render({ ...SAMPLE, connectionIndex: row })) === "";
}

/** Row r of those that are kept belongs to connection r. */
function inTurn(scope: TemplateContext["scope"]): TemplateContext["scope"] {
  const data = Object.entries(scope.data).map(([name, table]): [string, StrictDataTable] => {
    const { rows } = table;
    const count = Math.max(1, keptRows(table));
    const all = rows.kind === "packed" ? { ...rows, numbers: null } : rows;
    return [name, { ...table, rows: all, count, pick: "sequential" }];
  });
  return { ...scope, data: Object.fromEntries(data) };
}

/** In the file, of a row of those that are kept. */
function numberOf(rows: DataRows, kept: number): number {
  return rows.kind === "packed" ? (rows.numbers?.[kept] ?? kept) : kept;
}

function compile({ kind, value }: Place, scope: TemplateContext["scope"]): Template {
  if (kind === "json") return compileJson(value, scope);
  return kind === "url" ? compileUrl(String(value), scope) : compileTemplate(String(value), scope);
}
