/**
 * `data`: tables for {{data.TABLE.COLUMN}}. Listed in registry.ts. Invariant: a table is parsed and bounded; a file that
 * is none is an issue at the place that names it.
 */
import * as z from "zod";
import { CsvFault, type CsvTable, MAX_ROWS, MAX_VALUES, parseTable } from "../check/csv.ts";
import type { Path } from "../issue.ts";
import { MAX_DATA_BYTES } from "../limits.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { about, byDefault, file, mapping, strict } from "../shape/fields.ts";
import type { StrictDataTable } from "../strict.ts";
import { quoted } from "../units.ts";
import { readNamed } from "./named-file.ts";
import { plannedConnections } from "./ramps/registry.ts";
import { literal, type Scene, section, soundEntries } from "./section.ts";

const MAX_TABLES = 100;

function table() {
  return strict({
    csv: about(file(), "CSV file with a header row.", "users.csv"),
    pick: byDefault(
      z.enum(["unique", "sequential", "random"]),
      "sequential",
      "Row of a connection: its own (unique), in turn (sequential), or any.",
      "unique",
    ),
  });
}

export const data = section({
  key: "data",
  shape: () =>
    about(
      mapping(table(), MAX_TABLES, "data tables").optional(),
      "Tables for {{data.table.column}}.",
      { users: { csv: "users.csv", pick: "unique" } },
    ),
  strict: (value, scene) => {
    const tables: Record<string, StrictDataTable> = {};
    const read = new DataFiles(scene);
    for (const [name, { csv, pick }] of soundEntries(value, ["data"], scene.log)) {
      const known = read.file(csv, ["data", name, "csv"]);
      if (known === null) continue;
      tables[name] = { ...known.table, pick };
      scene.files.set(name, { path: csv, content: known.content });
    }
    return { data: tables };
  },
  check: ({ scope, log }) => {
    if (!log.isSound(["load"])) return;
    const connections = plannedConnections(scope.phases);
    for (const [name, { pick, rows }] of Object.entries(scope.data)) {
      if (pick !== "unique" || rows.length >= connections) continue;
      const what = `pick: unique needs a row per connection: ${rows.length} rows for ${connections} connections`;
      const hint = "add rows, plan fewer connections, or use pick: sequential";
      log.add(["data", name, "pick"], what, hint);
    }
  },
  written: ({ data: tables }, given) => {
    if (given === undefined) return undefined;
    const entries = Object.entries(given).map(([name, { csv }]) => {
      return [name, { csv: literal(csv), pick: tables[name]?.pick ?? "sequential" }] as const;
    });
    return Object.fromEntries(entries);
  },
});

interface DataFile {
  readonly table: CsvTable;
  readonly content: Buffer;
}

/** Every file is read and kept once, whatever number of tables names it; what all tables hold is bounded. */
class DataFiles {
  readonly #scene: Scene;
  readonly #known = new Map<string, DataFile | null>();
  #bytes = MAX_DATA_BYTES;
  #rows = MAX_ROWS;
  #values = MAX_VALUES;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** null when there is none (logged). */
  file(path: string, at: Path): DataFile | null {
    const known = this.#known.get(path);
    const file = known === undefined ? this.#read(path, at) : known;
    this.#known.set(path, file);
    if (file === null) return null;
    const { table } = file;
    this.#rows -= table.rows.length;
    this.#values -= table.rows.length * table.columns.length;
    if (this.#rows >= 0 && this.#values >= 0) return file;
    const excess = this.#rows < 0 ? `${MAX_ROWS} rows` : `${MAX_VALUES} values`;
    const what = `the tables of a scenario hold more than ${excess}`;
    this.#scene.log.add(at, what, "keep what connections need");
    return null;
  }

  #read(path: string, at: Path): DataFile | null {
    const content = readNamed(path, at, this.#scene);
    if (content === null) return null;
    this.#bytes -= content.length;
    if (this.#bytes < 0) {
      this.#scene.log.add(at, "the data files are larger than 64 MB together", "");
      return null;
    }
    const table = tableIn(content, path, { at, log: this.#scene.log });
    return table === null ? null : { table, content };
  }
}

/** The table in a file; null when it is none (logged, with the line of the file). */
function tableIn(
  content: Buffer,
  path: string,
  { at, log }: { readonly at: Path; readonly log: IssueLog },
): CsvTable | null {
  try {
    return parseTable(content);
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    const { line, message, hint } = error;
    const place = line === 0 ? `${quoted(path)}:` : `line ${line} of ${quoted(path)}`;
    log.add(at, `${place} ${message}`, hint);
    return null;
  }
}
