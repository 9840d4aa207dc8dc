/**
 * CSV text -> a table with named columns, or what is wrong with it and in which line. Called by sections/data.ts.
 * Invariants: any line end (LF, CRLF, CR) ends any record, whatever the others end with; every row has a value
 * for every column. No message holds a value of the table.
 */
import { CsvError, type Options, parse } from "csv-parse/sync";
import { FORBIDDEN_KEYS } from "../read/document.ts";
import { quoted } from "../units.ts";
import { MAX_COLUMNS, MAX_ROWS, MAX_VALUES, type Table, TableFault, utf8Text } from "./table.ts";

/** Characters of one row, quotes and commas included. */
const MAX_ROW_CHARS = 1024 ** 2;
const ONE_QUOTE = 'quote the whole value: "a ""b"" c"';
const NAMES_HINT = "the first row names the columns";

/** CRLF comes first, so that it ends one record and not two. Lengths are checked here, with their lines. */
const OPTIONS: Options = {
  bom: true,
  max_record_size: MAX_ROW_CHARS,
  record_delimiter: ["\r\n", "\n", "\r"],
  relax_column_count: true,
  skip_empty_lines: true,
};

/** @throws TableFault */
export function parseTable(content: Buffer): Table {
  const rows = records(content);
  const header = rows.shift();
  if (header === undefined || rows.length === 0) {
    throw new TableFault("the CSV file has no rows", 0, `${NAMES_HINT}, data follows`);
  }
  const columns = header.map((name) => name.trim());
  checkNames(columns, lineOfRecord(content, 0));
  const uneven = rows.findIndex((row) => row.length !== columns.length);
  if (uneven >= 0) {
    const count = rows[uneven]?.length ?? 0;
    const what = `has ${count} value${count === 1 ? "" : "s"} where the header names ${columns.length}`;
    const hint = "values are separated by commas; quote one that holds a comma";
    throw new TableFault(what, lineOfRow(content, uneven), hint);
  }
  return { columns, rows };
}

/** The line, from 1, in which data row `row` (from 0) of a table begins. */
export function lineOfRow(content: Buffer, row: number): number {
  return lineOfRecord(content, row + 1);
}

function records(content: Buffer): string[][] {
  if (lineAt(content, content.length) > MAX_ROWS + 1) throw tooMuch(`more than ${MAX_ROWS} rows`);
  let values = 0;
  const count = (record: string[]): string[] => {
    values += record.length;
    if (values > MAX_VALUES + record.length) throw tooMuch(`more than ${MAX_VALUES} values`);
    return record;
  };
  utf8Text(content);
  try {
    return parse(content, { ...OPTIONS, on_record: count }) as unknown as string[][];
  } catch (error) {
    if (error instanceof TableFault) throw error;
    if (!(error instanceof CsvError)) throw error;
    const { bytes } = error as { bytes?: unknown };
    throw new TableFault(...explain(error, lineAt(content, Number(bytes ?? 0))));
  }
}

function tooMuch(what: string): TableFault {
  return new TableFault(`the tables of a scenario hold ${what}`, 0, "keep what connections need");
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

function checkNames(columns: readonly string[], line: number): void {
  if (columns.length > MAX_COLUMNS) {
    throw new TableFault(`names more than ${MAX_COLUMNS} columns`, line, NAMES_HINT);
  }
  for (const [at, name] of columns.entries()) {
    const first = columns.indexOf(name);
    if (name === "") {
      throw new TableFault(`gives column ${at + 1} no name`, line, NAMES_HINT);
    }
    if (FORBIDDEN_KEYS.includes(name)) {
      throw new TableFault(
        `names a column ${quoted(name)}, which is not allowed`,
        line,
        NAMES_HINT,
      );
    }
    if (first !== at) {
      const what = `names columns ${first + 1} and ${at + 1} both ${quoted(name)}`;
      throw new TableFault(what, line, "give each column its own name");
    }
  }
}

/** Reads the file once more, up to the record: only for a message, so that no table carries its lines. */
function lineOfRecord(content: Buffer, ordinal: number): number {
  let start = 0;
  let seen = 0;
  const keepNone = (_: unknown, { bytes }: { bytes: number }): null => {
    if (++seen === ordinal) start = bytes;
    return null;
  };
  if (ordinal > 0) parse(content, { ...OPTIONS, to: ordinal, on_record: keepNone });
  return lineAt(content, start);
}

/** The line of the first byte from `offset` on that is not part of a line end. */
function lineAt(content: Buffer, offset: number): number {
  const isEnd = (byte: number | undefined) => byte === 10 || byte === 13;
  let until = offset;
  while (until < content.length && isEnd(content[until])) until++;
  let line = 1;
  for (let at = 0; at < until; at++) {
    if (content[at] === 10 || (content[at] === 13 && content[at + 1] !== 10)) line++;
  }
  return line;
}
