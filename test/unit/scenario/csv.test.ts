/**
 * Data files: whichever line end a record has, the table is the same; what is wrong is said with its line.
 * Method: tables are written in every mixture of line ends and read back; broken ones by example.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvFormat } from "../../../shared/scenario/data/csv.ts";
import { TableFault } from "../../../shared/scenario/data/table.ts";
import { rowsOf } from "../../support/data-table.ts";
import { linesOf, minimal, parseText, scenarioOf } from "./reading.ts";
import { readRows } from "./row-reading.ts";

const parseTable = (content: Buffer) => readRows(content, new CsvFormat());

const END = fc.constantFrom("\n", "\r\n", "\r");
const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.array(
    fc.tuple(
      fc.array(fc.string({ unit: fc.constantFrom(...'aé,"\n\r 1😀') }), {
        minLength: width,
        maxLength: width,
      }),
      END,
      fc.array(END, { maxLength: 2 }),
    ),
    { minLength: 1, maxLength: 12 },
  ),
);

/** Every value is quoted, so any may hold a line end. */
function written(rows: readonly (readonly [readonly string[], string, readonly string[]])[]) {
  const width = rows[0]?.[0].length ?? 0;
  const names = Array.from({ length: width }, (_, at) => `c${at}`).join(",");
  const lines = rows.map(([values, end, blank]) => {
    const cells = values.map((value) => `"${value.replaceAll('"', '""')}"`);
    return cells.join(",") + end + blank.join("");
  });
  return `${names}\r\n${lines.join("")}`;
}

function faultOf(text: string): string {
  try {
    parseTable(Buffer.from(text));
  } catch (error) {
    if (error instanceof TableFault) return `${error.line}: ${error.message}`;
    throw error;
  }
  return "";
}

describe("a data file", () => {
  it("is the same table whatever its line ends are, mixed ones too", () => {
    fc.assert(
      fc.property(table, fc.boolean(), (rows, mark) => {
        const text = `${mark ? "\ufeff" : ""}${written(rows)}`;
        expect(parseTable(Buffer.from(text)).rows).toEqual(rows.map(([values]) => values));
      }),
    );
  });

  it("does not take the line ends of its header for those of its rows", () => {
    for (const text of ["token\r\nt1\nt2\n", "token\nt1\r\nt2\r\n", "token\rt1\r\nt2\n"]) {
      expect(parseTable(Buffer.from(text)).rows).toEqual([["t1"], ["t2"]]);
    }
  });

  it("knows the line of each row, past blank lines and line ends inside of quotes", () => {
    const text = Buffer.from('a,b\r\n1,"x\r\ny\nz"\r\n\n\r2,w\n3,v');
    const { file, rows } = parseTable(text);
    expect(rows.map((_, row) => file.placeOf(row))).toEqual(["line 2", "line 7", "line 8"]);
  });

  it.each([
    ["a,b\n1,2\n3\n", "3: has 1 value where the header names 2"],
    ['a,b\r\n"1\n",2\n3,4,5\n', "4: has 3 values where the header names 2"],
    ["a,b,a\n1,2,3\n", '1: names columns 1 and 3 both "a"'],
    ["\n\nname,token,\n1,2,3\n", "3: gives column 3 no name"],
    ["a,__proto__\n1,2\n", '1: names a column "__proto__", which is not allowed'],
    ['a\nsecret"1"\n', '2: has a quote (") inside a value that is not quoted'],
    ['a\nx\n"y\nz', '3: has a quote (") that is not closed'],
    ['a\n"x"y\n', "2: goes on after the closing quote of a value"],
    ["a,b\n", "0: the CSV file has no rows"],
    ["", "0: the CSV file has no rows"],
    [`${"a,".repeat(1000)}z\n1\n`, "1: names more than 1000 columns"],
  ])("%j is refused with its line", (text, said) => {
    expect(faultOf(text)).toBe(said);
  });

  it("is named where the scenario names it", () => {
    const text = minimal("data: { users: { csv: users.csv } }\n");
    const header = 'connect: { headers: { x: "{{data.users.name + data.users.token}}" } }\n';
    const readFile = () => Buffer.from("name,token\r\nann,1\nben\n");
    // Whoever reads it is not told that there is no such table.
    expect(linesOf(parseText(text + header, { readFile }))).toEqual([
      '4:23 line 3 of "users.csv" has 1 value where the header names 2 (values are separated by commas; quote one that holds a comma)',
    ]);
    const mixed = () => Buffer.from("name,token\r\nann,1\nben,2\r\n");
    expect(rowsOf(scenarioOf(parseText(text + header, { readFile: mixed })).data["users"])).toEqual(
      [
        ["ann", "1"],
        ["ben", "2"],
      ],
    );
  });
});
