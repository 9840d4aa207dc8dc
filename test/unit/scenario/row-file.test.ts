/**
 * Data files read in parts: the same rows as read whole, each found again where it stands, whatever lies at the borders of parts
 * and blocks; and of a large file only the rows that connections have are kept.
 * Method: files of random cells over the border of a part; one that counts what is read of it.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvFormat } from "../../../shared/scenario/data/csv.ts";
import { JsonLinesFormat } from "../../../shared/scenario/data/json.ts";
import { type DataSource, sourceOf } from "../../../shared/scenario/data/source.ts";
import { TableFault } from "../../../shared/scenario/data/table.ts";
import { rowOf } from "../../../shared/scenario/template/data-row.ts";
import { rowsOf } from "../../support/data-table.ts";
import { linesOf, parseText, scenarioOf } from "./reading.ts";
import { readRows } from "./row-reading.ts";

const PART = 1024 ** 2;
const inParts = (text: string): DataSource => ({ ...sourceOf(Buffer.from(text)), inParts: true });
const quotedCell = (text: string) => `"${text.replaceAll('"', '""')}"`;
const cell = fc.string({ unit: fc.constantFrom(...'aé,"\n\r 1😀'), maxLength: 12 });

/** Rows before and behind the border of a part, where the generated ones lie. */
function around(rows: readonly string[], filler: (at: number) => string): string[] {
  const before = Array.from({ length: 1100 }, (_, at) => filler(at));
  return [...before, ...rows, ...before];
}

describe("a file of more than one part", () => {
  it.each([
    ["csv", () => new CsvFormat(), (cells: string[]) => cells.map(quotedCell).join(",")],
    ["jsonl", () => new JsonLinesFormat(), (cells: string[]) => JSON.stringify({ ...cells })],
  ])("has the same rows as what was written, and finds each again: %s", (kind, format, line) => {
    const filler = "x".repeat(PART / 1101);
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 50, maxLength: 80 });
    fc.assert(
      fc.property(rows, fc.constantFrom("\n", "\r\n"), fc.nat(40), (some, end, shift) => {
        const tidy = some.map(([a, b]) => [a, b]);
        const cells = [
          ...Array.from({ length: 1100 }, (_, at) => [filler + "y".repeat(shift), String(at)]),
          ...tidy,
          ["last", "one"],
        ];
        const head = kind === "csv" ? `0,1${end}` : "";
        const text = head + cells.map(line).join(end);
        const { file, rows: read } = readRows(inParts(text), format());
        expect(read).toEqual(cells);
        const wanted = Uint32Array.from([0, 63, 64, 1099, 1101, 1130, cells.length - 1]);
        const found: unknown[] = [];
        file.visit(wanted, (row, number) => found.push([number, [...row]]));
        expect(found).toEqual([...wanted].map((number) => [number, cells[number]]));
      }),
      { numRuns: 12 },
    );
  });

  it("says the line of a fault and of a row, beyond the first part", () => {
    const good = around([], (at) => `${"x".repeat(1000)},${at}`);
    const text = `a,b\n${good.join("\n")}`;
    expect(readRows(inParts(text), new CsvFormat()).file.placeOf(2000)).toBe("line 2002");
    const faultOf = (bad: string) => {
      try {
        readRows(inParts(`${text}\n${bad}\n1,2\n`), new CsvFormat());
      } catch (error) {
        if (error instanceof TableFault) return `${error.line}: ${error.message}`;
      }
      return "";
    };
    expect(faultOf("1,2,3")).toBe("2202: has 3 values where the header names 2");
    expect(faultOf('1,"open')).toContain("is not closed");
    expect(faultOf(`1,${"x".repeat(PART + 1)}`)).toBe(
      "2202: has a row of more than 1048576 characters",
    );
  });

  it("is not taken for what it was when it has changed", () => {
    const text = `a\n${"1\n".repeat(1000)}`;
    let source = inParts(text);
    const changing: DataSource = { ...source, read: (at, length) => source.read(at, length) };
    const { file } = readRows(changing, new CsvFormat());
    source = inParts(text.replaceAll("1\n", "11"));
    expect(() => file.visit(Uint32Array.of(500), () => {})).toThrow("has changed");
  });
});

describe("of a large file", () => {
  const ROWS = 30_000;
  const csv = `name,note\n${Array.from({ length: ROWS }, (_, at) => `user-${at},n${at}\n`).join("")}`;
  const kept = (pick: string, connections: number) => {
    const text = `version: 1
target: ws://localhost:1/
data: { users: { csv: u.csv, pick: ${pick} } }
load: [{ phase: a, ramp: burst, to: ${connections}, hold: 1s }]
messages: { rate: 1/s, mix: [{ name: a, send: { text: "{{data.users.name}}" } }] }
`;
    const result = parseText(text, { openFile: () => inParts(csv) });
    const { data, seed } = scenarioOf(result);
    return { table: data["users"], seed };
  };

  it.each(["random", "shuffled"] as const)(
    "only rows that connections have are kept: %s",
    (pick) => {
      const { table, seed } = kept(pick, 100);
      expect(table).toMatchObject({ columns: ["name"], count: ROWS });
      const drawn = Array.from({ length: 100 }, (_, connectionIndex) =>
        rowOf({ table: { pick, count: ROWS }, ordinal: 0 }, { seed, connectionIndex }),
      );
      const numbers = [...new Set(drawn)].sort((a, b) => a - b);
      expect(rowsOf(table)).toEqual(numbers.map((row) => [`user-${row}`]));
    },
  );

  it.each(["unique", "sequential"] as const)("the first rows are kept: %s", (pick) => {
    expect(rowsOf(kept(pick, 12_345).table)).toHaveLength(12_345);
    expect(rowsOf(kept(pick, 12_345).table).at(-1)).toEqual(["user-12344"]);
  });

  it("all of it is looked at, also what is not kept", () => {
    const broken = `${csv}a,b,c\n`;
    const text =
      "version: 1\ntarget: ws://localhost:1/\ndata: { u: { csv: u.csv } }\nload: [{ phase: a, ramp: burst, to: 1, hold: 1s }]\n";
    const lines = linesOf(parseText(text, { openFile: () => inParts(broken) }));
    expect(lines).toEqual([expect.stringContaining("line 30002")]);
  });
});
