/**
 * `data`: tables for {{data.TABLE.COLUMN}}. Listed in registry.ts. Invariant: a table is parsed and bounded; a file that
 * is none is an issue at the place that names it.
 */
import * as z from "zod";
import { DataReads } from "../data/columns-read.ts";
import { CsvFormat } from "../data/csv.ts";
import { JsonFormat, JsonLinesFormat } from "../data/json.ts";
import { FirstRows, type Keeping, keep } from "../data/kept-rows.ts";
import { RowFile } from "../data/row-file.ts";
import type { RowFormat } from "../data/row-format.ts";
import { type DataSource, sourceOf } from "../data/source.ts";
import { type DataBudget, dataBudget, TableFault } from "../data/table.ts";
import type { Path } from "../issue.ts";
import { MAX_TABLES } from "../limits.ts";
import { about, byDefault, exactlyOne, file, mapping, strict } from "../shape/fields.ts";
import { literal } from "../shape/literal.ts";
import { isMapping } from "../shape/words.ts";
import type { StrictDataTable } from "../strict.ts";
import { quoted } from "../units.ts";
import { fileProblem } from "./named-file.ts";
import { mostConnections, plannedConnections } from "./ramps/registry.ts";
import { type Scene, section, soundEntries } from "./section.ts";

/** How each kind of file is read. */
const FORMATS = {
  csv: () => new CsvFormat(),
  json: () => new JsonFormat(),
  jsonl: () => new JsonLinesFormat(),
} as const satisfies Readonly<Record<string, () => RowFormat>>;
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
      mapping(table, MAX_TABLES, "data tables").optional(),
      "Tables for {{data.table.column}}.",
      { users: { csv: "users.csv", pick: "unique" } },
    ),
  strict: (value, scene) => {
    const { scope, log, early } = scene;
    const tables: Record<string, StrictDataTable> = {};
    const files = new DataFiles(scene);
    const reads = new DataReads(scene.given);
    const connections = log.isSound(["load"]) ? mostConnections(early.phases ?? []) : 0;
    for (const name of Object.keys(isMapping(scene.given["data"]) ? scene.given["data"] : {})) {
      scene.unresolved.add(`data.${name}`);
    }
    for (const [name, one] of soundEntries(value, ["data"], log)) {
      const [format, path] = fileOf(one) ?? [];
      if (format === undefined || path === undefined) continue;
      const ordinal = Object.keys(tables).length;
      const keeping = { pick: one.pick, seed: scope.seed, ordinal, connections };
      const known = files.table(
        { format, path, at: ["data", name, format] },
        {
          ...keeping,
          read: reads.of(name),
        },
      );
      if (known === null) continue;
      tables[name] = known.table;
      scene.unresolved.delete(`data.${name}`);
      scene.files.set(name, { path, placeOf: (row) => known.file.placeOf(row) });
    }
    return { data: tables };
  },
  check: ({ scope, log }) => {
    if (!log.isSound(["load"])) return;
    const connections = plannedConnections(scope.phases);
    for (const [name, { pick, count }] of Object.entries(scope.data)) {
      if (pick !== "unique" || count >= connections) continue;
      const what = `pick: unique needs a row per connection: ${count} rows for ${connections} connections`;
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

/** Where a table is, and what names it. */
interface Named {
  readonly format: Format;
  readonly path: string;
  readonly at: Path;
}

/** Every file is looked through once, whatever number of tables names it; what all tables hold is bounded. */
class DataFiles {
  readonly #scene: Scene;
  readonly #known = new Map<string, RowFile | null>();
  readonly #budget: DataBudget;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#budget = dataBudget(scene.openFile !== null);
  }

  /** null when there is none (logged, with the line of the file). */
  table(
    named: Named,
    keeping: Keeping,
  ): { readonly file: RowFile; readonly table: StrictDataTable } | null {
    const key = `${named.format} ${named.path}`;
    const budget = this.#budget;
    try {
      let file = this.#known.get(key);
      let first: FirstRows | null = null;
      if (file === undefined) {
        this.#known.set(key, null);
        const format = FORMATS[named.format]();
        const rows = format.namesFirst ? new FirstRows(keeping, budget) : null;
        first = rows;
        const source = this.#open(named);
        if (source === null) return null;
        file = new RowFile(source, format, budget, (cells, row) =>
          rows?.take(format.columns, cells, row),
        );
        this.#known.set(key, file);
      }
      return file === null ? null : { file, table: keep(file, keeping, { first, budget }) };
    } catch (error) {
      if (!(error instanceof TableFault)) throw error;
      const { line, message, hint } = error;
      const place = line === 0 ? `${quoted(named.path)}:` : `line ${line} of ${quoted(named.path)}`;
      this.#scene.log.add(named.at, `${place} ${message}`, hint);
      return null;
    }
  }

  /** null when it cannot be read (logged). */
  #open({ path, at }: Named): DataSource | null {
    const { openFile, readFile, log } = this.#scene;
    try {
      return openFile === null ? sourceOf(readFile(path)) : openFile(path);
    } catch (error) {
      log.add(at, ...fileProblem(path, error));
      return null;
    }
  }
}
