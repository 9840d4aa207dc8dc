/**
 * `data`: tables for {{data.TABLE.COLUMN}}. Listed in registry.ts. Invariant: a table is parsed and bounded; a file that
 * is none is an issue at the place that names it.
 */
import * as z from "zod";
import { lineOfRow, parseTable } from "../check/csv.ts";
import { lineOfJsonRow, parseJsonLines, parseJsonTable } from "../check/json-table.ts";
import { MAX_ROWS, MAX_VALUES, type Table, TableFault } from "../check/table.ts";
import type { Path } from "../issue.ts";
import { MAX_DATA_BYTES, MAX_TABLES } from "../limits.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { about, byDefault, exactlyOne, file, mapping, strict } from "../shape/fields.ts";
import type { StrictDataTable } from "../strict.ts";
import { quoted } from "../units.ts";
import { readNamed } from "./named-file.ts";
import { plannedConnections } from "./ramps/registry.ts";
import { literal, type Scene, section, soundEntries } from "./section.ts";

/** How each kind of file is read, and where a row stands in it. */
const FORMATS = {
  csv: {
    parse: parseTable,
    placeOf: (content: Buffer, row: number) => `line ${lineOfRow(content, row)}`,
  },
  json: { parse: parseJsonTable, placeOf: (_: Buffer, row: number) => `row ${row + 1}` },
  jsonl: {
    parse: parseJsonLines,
    placeOf: (content: Buffer, row: number) => `line ${lineOfJsonRow(content, row)}`,
  },
} as const;
type Format = keyof typeof FORMATS;
const FORMAT_NAMES = Object.keys(FORMATS) as readonly Format[];

function table() {
  return strict({
    csv: about(file().optional(), "CSV file with a header row.", "users.csv"),
    json: about(file().optional(), "JSON file with an array of flat objects.", "users.json"),
    jsonl: about(file().optional(), "File with a flat JSON object a line.", "users.jsonl"),
    pick: byDefault(
      z.enum(["unique", "sequential", "random", "shuffled"]),
      "sequential",
      "Row of a connection: its own (unique), in turn (sequential), any (random), or in turn by chance: each once before one comes again (shuffled).",
      "unique",
    ),
  }).superRefine(exactlyOne(FORMAT_NAMES, "a table"));
}

type TableShape = ReturnType<typeof table>;

/** The kind of file a table names, and its path. */
function fileOf(one: z.input<TableShape> | z.output<TableShape>): readonly [Format, string] | null {
  for (const format of FORMAT_NAMES) {
    const path = one[format];
    if (path !== undefined) return [format, path];
  }
  return null;
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
    for (const [name, one] of soundEntries(value, ["data"], scene.log)) {
      const [format, path] = fileOf(one) ?? [];
      if (format === undefined || path === undefined) continue;
      const known = read.file(path, format, ["data", name, format]);
      if (known === null) continue;
      tables[name] = { ...known.table, pick: one.pick };
      const placeOf = (row: number) => FORMATS[format].placeOf(known.content, row);
      scene.files.set(name, { path, placeOf });
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
    const entries = Object.entries(given).map(([name, one]) => {
      const [format, path] = fileOf(one) ?? ["csv", ""];
      return [name, { [format]: literal(path), pick: tables[name]?.pick ?? "sequential" }] as const;
    });
    return Object.fromEntries(entries);
  },
});

interface DataFile {
  readonly table: Table;
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
  file(path: string, format: Format, at: Path): DataFile | null {
    const key = `${format} ${path}`;
    const known = this.#known.get(key);
    const file = known === undefined ? this.#read(path, format, at) : known;
    this.#known.set(key, file);
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

  #read(path: string, format: Format, at: Path): DataFile | null {
    const content = readNamed(path, at, this.#scene);
    if (content === null) return null;
    this.#bytes -= content.length;
    if (this.#bytes < 0) {
      this.#scene.log.add(at, "the data files are larger than 64 MB together", "");
      return null;
    }
    const table = tableIn(content, path, { format, at, log: this.#scene.log });
    return table === null ? null : { table, content };
  }
}

/** The table in a file; null when it is none (logged, with the line of the file). */
function tableIn(
  content: Buffer,
  path: string,
  { format, at, log }: { readonly format: Format; readonly at: Path; readonly log: IssueLog },
): Table | null {
  try {
    return FORMATS[format].parse(content);
  } catch (error) {
    if (!(error instanceof TableFault)) throw error;
    const { line, message, hint } = error;
    const place = line === 0 ? `${quoted(path)}:` : `line ${line} of ${quoted(path)}`;
    log.add(at, `${place} ${message}`, hint);
    return null;
  }
}
