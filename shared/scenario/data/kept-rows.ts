/**
 * Which rows of a table are kept, and keeping them. Called by sections/data.ts. Invariant: all rows that a connection of the run
 * has are kept, and where a table is small all others, too; they are bounded by the budget.
 */
import type { StrictDataTable } from "../strict.ts";
import { rowOf } from "../template/data-row.ts";
import type { ColumnsRead } from "./columns-read.ts";
import { firstRows, type RowFile, type TakeRow } from "./row-file.ts";
import { RowPacker } from "./row-packer.ts";
import type { DataBudget } from "./table.ts";

/** Tables of so many rows are kept whole, and all their rows are checked. */
const SMALL_ROWS = 10_000;

export interface Keeping {
  readonly pick: StrictDataTable["pick"];
  readonly seed: number;
  /** Place among the tables. */
  readonly ordinal: number;
  /** At most so many connections have rows. */
  readonly connections: number;
  readonly read: ColumnsRead;
}

/** The first rows of a file, kept while it is looked through: all that is needed, for most tables. */
export class FirstRows {
  readonly #most: number;
  readonly #budget: DataBudget;
  readonly #read: ColumnsRead;
  #packer: RowPacker | null = null;

  constructor({ connections, read }: Keeping, budget: DataBudget) {
    this.#most = Math.max(connections, SMALL_ROWS);
    this.#read = read;
    this.#budget = budget;
  }

  /** @param columns names of those of the file */
  take(columns: readonly string[], ...[cells, row]: Parameters<TakeRow>): void {
    if (row >= this.#most) return;
    this.#packer ??= new RowPacker(placesIn(columns, this.#read), this.#budget);
    this.#packer.add(cells);
  }

  get packer(): RowPacker | null {
    return this.#packer;
  }
}

/** @throws TableFault what is wrong with the file by now, and when more is needed than the budget has */
export function keep(
  file: RowFile,
  { pick, ...of }: Keeping,
  { first, budget }: { readonly first: FirstRows | null; readonly budget: DataBudget },
): StrictDataTable {
  const { columns, rows: count } = file;
  const places = placesIn(columns, of.read);
  const numbers = numbersOf({ pick, count }, of);
  const most = Math.min(count, Math.max(of.connections, SMALL_ROWS));
  let packer = numbers === null ? (first?.packer ?? null) : null;
  if (packer === null) {
    packer = new RowPacker(places, budget);
    const into = packer;
    if (places.length > 0) file.visit(numbers ?? firstRows(most), (cells) => into.add(cells));
  }
  const { longest } = packer;
  const names = places.map((place) => columns[place] as string);
  return { columns: names, count, longest, rows: packer.made(numbers), pick };
}

/** Numbers of the rows that connections have, rising; null: they are among the first ones. */
function numbersOf(
  table: Pick<StrictDataTable, "pick" | "count">,
  { seed, ordinal, connections }: Omit<Keeping, "pick">,
): Uint32Array | null {
  const { pick, count } = table;
  const isInOrder = pick === "sequential" || pick === "unique";
  if (isInOrder || count <= Math.max(connections, SMALL_ROWS)) return null;
  const drawn = new Uint32Array(connections);
  for (let connectionIndex = 0; connectionIndex < connections; connectionIndex++) {
    drawn[connectionIndex] = rowOf({ table, ordinal }, { seed, connectionIndex });
  }
  drawn.sort();
  return drawn.filter((row, at) => at === 0 || row !== drawn[at - 1]);
}

/** Places of the columns that are kept, in the order of the file. */
function placesIn(columns: readonly string[], read: ColumnsRead): number[] {
  const all = [...columns.keys()];
  if (read === null || [...read].some((name) => !columns.includes(name))) return all;
  return all.filter((at) => read.has(columns[at] as string));
}
