/**
 * Goal: what a scenario expands to is bounded, whatever little it takes to write it, and what a scenario needs fits. Method:
 * each way in which few bytes stand for many; an answer that takes longer than the runner's time limit has failed.
 */
import { describe, expect, it } from "vitest";
import { MAX_ISSUES } from "../../../shared/scenario/issue.ts";
import { issuesOf, linesOf, parseText } from "./reading.ts";

const head = (rest: string) =>
  `version: 1\ntarget: ws://h\nload: [{ phase: a, ramp: burst, to: 5, hold: 1s }]\n${rest}`;
const message = (text: string) =>
  head(`messages: { rate: 1/s, mix: [{ name: a, send: { text: '${text}' } }] }`);
const times = (count: number, make: (at: number) => string, between = "\n") =>
  Array.from({ length: count }, (_, at) => make(at)).join(between);
const doubling = (count: number) =>
  `vars:\n  v0: ${"x".repeat(1000)}\n${times(count, (at) => `  v${at + 1}: '{{vars.v${at}}}{{vars.v${at}}}'`)}\n`;

describe("expansion", () => {
  it.each([
    ["vars that double", head(doubling(40)), "the value becomes longer than 1048576 characters"],
    [
      "many long vars",
      head(`${doubling(9)}${times(60, (at) => `  w${at}: '{{vars.v9}}'`)}\n`),
      "all values together become longer than 16777216 characters",
    ],
    [
      "one text of many long values",
      `${message("{{vars.v9}}".repeat(60))}\n${doubling(9)}`,
      "the text becomes longer than 16777216 characters",
    ],
    [
      "long random texts",
      message("{{text(65536,65536)}}".repeat(900)),
      "the text becomes longer than 16777216 characters",
    ],
    [
      "many messages of long values",
      `${head(`messages:\n  rate: 1/s\n  mix:\n${times(60, (at) => `    - { name: m${at}, send: { text: '${"{{vars.v9}}".repeat(15)}' } }`)}`)}\n${doubling(9)}`,
      "all messages, headers and URLs together become longer than 268435456 characters",
    ],
    [
      "steps of many phases",
      `version: 1\ntarget: ws://h\nload:\n${times(20, (at) => `  - { phase: p${at}, ramp: step, to: ${at % 2 ? 0 : 200000}, steps: 50000, over: 1h }`)}\n`,
      "1000000 steps and points in all phases together, at most 100000 are possible",
    ],
    [
      "an expression for each message",
      message(`{{${"[1,2,3,4,5,6,7,8,9].all(x, ".repeat(8)}seq >= 0${")".repeat(8)}}}`),
      "the expression takes more than 20000 steps",
    ],
  ])("refuses %s", (_, text, what) => {
    expect(linesOf(parseText(text)).join("\n")).toContain(what);
  });

  it.each([
    ["braces that never close", head(`vars: { a: '${"{{".repeat(400_000)}' }`)],
    [
      "names of variables in braces that never close",
      head(`name: '${"{{ env . ".repeat(90_000)}'`),
    ],
    ["unknown names", `${message("{{vars.nope}}".repeat(60_000))}\n${doubling(9)}`],
    [
      "vars and unknown names",
      head(`vars:\n${times(30_000, (at) => `  v${at}: '{{vars.w${at}}}'`)}`),
    ],
    ["expressions that do not compile", message("{{1 +}}".repeat(90_000))],
    [
      "patterns",
      head(
        `vars:\n${times(900, (at) => `  v${at}: "{{'a'.matches('(a{1,${at % 90}}){1,9}') ? 1 : 2}}"`)}`,
      ),
    ],
  ])("answers a mebibyte of %s", (_, text) => {
    const issues = issuesOf(parseText(text));
    expect(issues.length).toBeGreaterThan(0);
    expect(issues.length).toBeLessThanOrEqual(MAX_ISSUES + 1);
    for (const { what, hint, path } of issues) {
      expect(Math.max(what.length, hint.length, path.length)).toBeLessThanOrEqual(600);
    }
  });

  it("takes what a scenario needs", () => {
    const list = times(200, (at) => `{ "id": ${at}, "name": "n${at}", "tags": ["a", "b"] }`, ", ");
    const text = `{ "version": 1, "target": "ws://h", "load": [{ "phase": "a", "ramp": "burst", "to": 5, "hold": "1s" }], "messages": { "rate": "1/s", "mix": [{ "name": "a", "send": { "json": { "list": [${list}] } } }] } }`;
    expect(linesOf(parseText(text))).toEqual([]);
    expect(linesOf(parseText(message("{{text(1000,9000)}}".repeat(100))))).toEqual([]);
    expect(linesOf(parseText(`${message("{{vars.v9}}")}\n${doubling(9)}`))).toEqual([]);
  });
});

describe("tables", () => {
  const rows = (count: number, row = "1") => Buffer.from(`a\n${`${row}\n`.repeat(count)}`);

  it("are read once, whatever number of them names a file", () => {
    let reads = 0;
    const data = times(20, (at) => `u${at}: { csv: u.csv }`, ", ");
    const result = parseText(head(`data: { ${data} }`), {
      readFile: () => {
        reads++;
        return rows(1000);
      },
    });
    expect(linesOf(result)).toEqual([]);
    expect(reads).toBe(1);
  });

  it("hold so many rows together and no more", () => {
    const readFile = () => rows(1_100_000);
    const data = times(2, (at) => `u${at}: { csv: u${at}.csv }`, ", ");
    const lines = linesOf(parseText(head(`data: { ${data} }`), { readFile }));
    expect(lines[0]).toContain("the tables of a scenario hold more than 2000000 rows");
  });

  it("keep so much of what connections use and no more, as often as a file is named", () => {
    const readFile = () => rows(9000, "x".repeat(1000));
    const text = (tables: number) => {
      const data = times(tables, (at) => `u${at}: { csv: u.csv }`, ", ");
      const read = times(tables, (at) => `{{data.u${at}.a}}`, "");
      return `${head(`data: { ${data} }`)}\nconnect: { headers: { x: "${read}" } }\n`;
    };
    expect(linesOf(parseText(text(2), { readFile }))).toEqual([]);
    expect(linesOf(parseText(text(8), { readFile }))[0]).toContain(
      "what connections use of the tables is more than 64 MB or 10000000 values",
    );
  });

  it("have so many rows and no more", () => {
    const readFile = () => rows(4_000_000);
    const lines = linesOf(parseText(head("data: { u: { csv: u.csv } }"), { readFile }));
    expect(lines).toEqual([expect.stringContaining("hold more than 2000000 rows")]);
  });

  it("have rows of so many characters and no more", () => {
    const readFile = () => rows(1, "x".repeat(2_000_000));
    const lines = linesOf(parseText(head("data: { u: { csv: u.csv } }"), { readFile }));
    expect(lines).toEqual([expect.stringContaining("has a row of more than 1048576 characters")]);
  });
});
