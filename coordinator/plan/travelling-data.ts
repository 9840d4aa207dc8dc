/**
 * The part of the data tables that a run reads: tables and columns that no placeholder names stay at home. Called when a plan is
 * written to the bus. Pure. Invariants: what a worker compiles against it is what the coordinator checked against all; a table
 * keeps its place among the tables, which random and shuffled picks depend on; where it cannot be told what is read, all
 * travels.
 */
import type { StrictDataTable } from "../../shared/scenario/strict.ts";
import { scanPieces } from "../../shared/scenario/template/scan.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";

const WORD = String.raw`[\p{L}_][\p{L}\p{N}_-]*`;
const STEP = String.raw`\s*(?:\.\s*(${WORD})|\[\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\])`;
/** data.users.name, data["users"]["name"]. */
const CELL = new RegExp(String.raw`\bdata${STEP}${STEP}`, "gu");

/** Names of columns that are read, by table; null: any. */
type Read = ReadonlyMap<string, ReadonlySet<string>> | null;

/** As it is sent to workers. */
export function travelling(document: PlanDocument): PlanDocument {
  const { scenario } = document;
  const { data, ...rest } = scenario;
  if (Object.keys(data).length === 0) return document;
  const read = readBy(placeholders(rest), data);
  if (read === null) return document;
  const entries = Object.entries(data).map(([name, table]) => {
    return [name, partOf(table, read.get(name) ?? new Set())] as const;
  });
  return { ...document, scenario: { ...scenario, data: Object.fromEntries(entries) } };
}

/** Of all texts of a scenario, names of headers and keys of messages included. */
function* placeholders(node: unknown): Generator<string> {
  if (typeof node === "string") {
    if (node.includes("{{")) yield* placeholdersIn(node);
  } else if (typeof node === "object" && node !== null) {
    for (const [key, child] of Object.entries(node)) {
      yield* placeholders(key);
      yield* placeholders(child);
    }
  }
}

function placeholdersIn(text: string): string[] {
  try {
    return scanPieces(text).flatMap((piece) => ("source" in piece ? [piece.source] : []));
  } catch {
    // It is no template.
    return [text];
  }
}

function readBy(sources: Iterable<string>, data: Readonly<Record<string, StrictDataTable>>): Read {
  const read = new Map<string, Set<string>>();
  for (const source of sources) {
    const cells = [...source.matchAll(CELL)];
    // Each `data` is one of them, or it cannot be told which it is.
    if (cells.length !== [...source.matchAll(/\bdata\b/g)].length) return null;
    for (const [, ...names] of cells) {
      const [name = "", column = ""] = names.filter((one) => one !== undefined);
      const isKnown = Object.hasOwn(data, name) && data[name]?.columns.includes(column);
      if (!isKnown) return null;
      read.set(name, (read.get(name) ?? new Set()).add(column));
    }
  }
  return read;
}

function partOf(table: StrictDataTable, columns: ReadonlySet<string>): StrictDataTable {
  const kept = table.columns.flatMap((column, at) => (columns.has(column) ? [at] : []));
  if (kept.length === table.columns.length) return table;
  // How many rows there are decides which row a connection has; where none is read, it decides nothing.
  if (kept.length === 0) return { ...table, columns: [], rows: [] };
  return {
    ...table,
    columns: kept.map((at) => table.columns[at] as string),
    rows: table.rows.map((row) => kept.map((at) => row[at] as string)),
  };
}
