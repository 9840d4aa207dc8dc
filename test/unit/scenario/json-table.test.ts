/** Data files of JSON: what a value becomes, and what is wrong with a file, with its place and without its values. */
import { describe, expect, it } from "vitest";
import { JsonFormat, JsonLinesFormat } from "../../../shared/scenario/data/json.ts";
import { TableFault } from "../../../shared/scenario/data/table.ts";
import { rowsOf } from "../../support/data-table.ts";
import { linesOf, parseText, scenarioOf } from "./reading.ts";
import { readRows } from "./row-reading.ts";

const parseJsonTable = (content: Buffer) => readRows(content, new JsonFormat());
const parseJsonLines = (content: Buffer) => readRows(content, new JsonLinesFormat());

const USERS = [
  { name: "ann", age: 41, tags: ["a", "b"], on: true },
  { name: "ben", address: { city: "Ulm" }, age: null },
];
const TABLE = {
  columns: ["name", "age", "tags", "on", "address"],
  rows: [
    ["ann", "41", '["a","b"]', "true", ""],
    ["ben", "", "", "", '{"city":"Ulm"}'],
  ],
};

function faultOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof TableFault) return `${error.line} ${error.message}`;
    throw error;
  }
  return "none";
}

describe("JSON", () => {
  it("gives a column to every key of any row", () => {
    expect(parseJsonTable(Buffer.from(JSON.stringify(USERS)))).toMatchObject(TABLE);
  });

  it("is the same a line each, with empty lines, either line end and a byte order mark", () => {
    const lines = USERS.map((row) => JSON.stringify(row));
    const text = `\ufeff${lines[0]}\r\n\n  \n${lines[1]}`;
    const read = parseJsonLines(Buffer.from(text));
    expect(read).toMatchObject(TABLE);
    expect(read.file.placeOf(1)).toBe("line 4");
  });

  it.each([
    ["[1]", "0 row 1 is no object"],
    ["{}", "0 it is not an array"],
    ["[", "0 it is not JSON"],
    ["[]", "0 it has no rows"],
    ['[{"a":12345678901234567890}]', '0 row 1 has a number in "a" that is too large'],
    ['[{"a":"\\ud800"}]', '0 row 1 has half of a surrogate pair in "a"'],
    ['[{"":1}]', "0 row 1 has a value without a name"],
    ['[{"__proto__":1}]', '0 row 1 names a value "__proto__"'],
  ])("%s is refused", (text, fault) => {
    expect(faultOf(() => parseJsonTable(Buffer.from(text)))).toContain(fault);
  });

  it("says in which line a row is none, and never what it holds", () => {
    const text = '{"token":"s3cret"}\n\n{"token":"s3cret"\n';
    const fault = faultOf(() => parseJsonLines(Buffer.from(text)));
    expect(fault).toBe("3 is not JSON");
    expect(faultOf(() => parseJsonLines(Buffer.from([0xff])))).toContain("not UTF-8");
  });
});

describe("a scenario", () => {
  const data = (table: string) =>
    `version: 1\ntarget: ws://localhost:1/\nload: [{ phase: a, ramp: linear, to: 1, over: 1s }]\ndata: { users: ${table} }\n`;
  const readFile = () => Buffer.from('{"name":"ann"}\n{"name":"b\\u0000n"}\n');

  it("takes one file for a table", () => {
    const header = "connect: { headers: { x: '{{data.users.name.size()}}' } }\n";
    const { data: tables } = scenarioOf(
      parseText(data("{ jsonl: u.jsonl, pick: shuffled }") + header, { readFile }),
    );
    expect(tables["users"]).toMatchObject({ columns: ["name"], count: 2, pick: "shuffled" });
    expect(rowsOf(tables["users"])).toEqual([["ann"], ["b\0n"]]);
  });

  it("refuses two files, and none", () => {
    const both = parseText(data("{ jsonl: u.jsonl, csv: u.csv }"), { readFile });
    expect(linesOf(both).join()).toContain("takes only one of csv or json or jsonl");
    expect(linesOf(parseText(data("{ pick: unique }"), { readFile })).join()).toContain(
      "a table needs csv or json or jsonl",
    );
  });

  it("says the line of a row that cannot stand where it is used", () => {
    const header = 'connect: { headers: { x-name: "{{data.users.name}}" } }\n';
    const found = linesOf(parseText(`${data("{ jsonl: u.jsonl }")}${header}`, { readFile }));
    expect(found.join()).toContain("line 2 of");
  });
});
