/**
 * CSV: a first row of names, then a row a line. Used by row-file.ts. Invariants: any line end (LF, CRLF, CR) ends any record,
 * whatever the others end with; every row has a value for every column. No message holds a value of the table.
 */
import { CsvError, type Options, parse } from "csv-parse/sync";
import { FORBIDDEN_KEYS } from "../read/document.ts";
import { quoted } from "../units.ts";
import { CR, LF, type RowFormat, refuseForeign, type VisitRow } from "./row-format.ts";
import { lineAt, sourceOf } from "./source.ts";
import { MAX_COLUMNS, MAX_ROW_CHARS, TableFault } from "./table.ts";

const QUOTE = 34;
const ONE_QUOTE = 'quote the whole value: "a ""b"" c"';
const NAMES_HINT = "the first row names the columns";

/** CRLF comes first, so that it ends one record and not two. Lengths are checked here, with their lines. */
const OPTIONS: Options = {
  max_record_size: MAX_ROW_CHARS,
  record_delimiter: ["\r\n", "\n", "\r"],
  relax_column_count: true,
  skip_empty_lines: true,
};

export class CsvFormat implements RowFormat {
  readonly namesFirst = true;
  readonly isWhole = false;
  readonly unit = "line";
  readonly empty = ["the CSV file has no rows", `${NAMES_HINT}, data follows`] as const;
  #columns: readonly string[] | null = null;

  get columns(): readonly string[] {
    return this.#columns ?? [];
  }

  /** A line end inside of quotes ends no record; before it there is an odd number of quotes. */
  wholeRecords(bytes: Buffer): number {
    let isQuoted = false;
    let end = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) isQuoted = !isQuoted;
      // CRLF is not cut in two: what follows a CR at the end is not known.
      else if (byte === LF && !isQuoted) end = at + 1;
      else if (byte === CR && !isQuoted && at + 1 < bytes.length) end = at + 1;
    }
    return end;
  }

  read(bytes: Buffer, visit: VisitRow): void {
    refuseForeign(bytes);
    let before = 0;
    const take = (record: string[], { bytes: end }: { readonly bytes: number }): null => {
      if (this.#columns === null) this.#columns = columnsIn(record, bytes);
      else if (record.length !== this.#columns.length) {
        throw uneven(record.length, this.#columns.length, lineIn(bytes, before));
      } else visit(record, before, end);
      before = end;
      return null;
    };
    try {
      parse(bytes, { ...OPTIONS, bom: this.#columns === null, on_record: take });
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      const { bytes: at } = error as { bytes?: unknown };
      throw new TableFault(...explain(error, lineIn(bytes, Number(at ?? 0))));
    }
  }
}

function lineIn(bytes: Buffer, offset: number): number {
  return lineAt(sourceOf(bytes), offset);
}

function uneven(count: number, columns: number, line: number): TableFault {
  const what = `has ${count} value${count === 1 ? "" : "s"} where the header names ${columns}`;
  const hint = "values are separated by commas; quote one that holds a comma";
  return new TableFault(what, line, hint);
}

/** In our words: those of the parser quote the value. */
function explain({ code, message }: CsvError, line: number): [string, number, string] {
  switch (code) {
    case "CSV_MAX_RECORD_SIZE":
      return [`has a row of more than ${MAX_ROW_CHARS} characters`, line, "is a quote missing?"];
    case "CSV_QUOTE_NOT_CLOSED":
      return ['has a quote (") that is not closed', line, 'add the closing "'];
    case "INVALID_OPENING_QUOTE":
      return ['has a quote (") inside a value that is not quoted', line, ONE_QUOTE];
    case "CSV_INVALID_CLOSING_QUOTE":
      return ["goes on after the closing quote of a value", line, ONE_QUOTE];
    default:
      return [`cannot be read (${message.split(":")[0]})`, line, ""];
  }
}

function columnsIn(header: readonly string[], bytes: Buffer): readonly string[] {
  const columns = header.map((name) => name.trim());
  const line = lineIn(bytes, 0);
  if (columns.length > MAX_COLUMNS) {
    throw new TableFault(`names more than ${MAX_COLUMNS} columns`, line, NAMES_HINT);
  }
  for (const [at, name] of columns.entries()) {
    const first = columns.indexOf(name);
    if (name === "") {
      throw new TableFault(`gives column ${at + 1} no name`, line, NAMES_HINT);
    }
    if (FORBIDDEN_KEYS.includes(name)) {
      const what = `names a column ${quoted(name)}, which is not allowed`;
      throw new TableFault(what, line, NAMES_HINT);
    }
    if (first !== at) {
      const what = `names columns ${first + 1} and ${at + 1} both ${quoted(name)}`;
      throw new TableFault(what, line, "give each column its own name");
    }
  }
  return columns;
}
