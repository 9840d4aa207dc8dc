/** Goal: the scanner sees every import and no more. Method: snippets, each with what it must find. */
import { describe, expect, it } from "vitest";
import { scan } from "./scan.ts";

const specifiers = (source: string) => scan(source).imports.map(({ specifier }) => specifier);
const words = (source: string) =>
  scan(source)
    .tokens.filter(({ kind }) => kind === "word")
    .map(({ text }) => text);

describe("imports", () => {
  it.each([
    ['import "./a.ts";', ["./a.ts"]],
    ['import a from "./a.ts"', ["./a.ts"]],
    ['import * as a from "./a.ts";', ["./a.ts"]],
    ['import a, { b as c, type D } from "./a.ts";', ["./a.ts"]],
    ['import {\n  a,\n  // from "./no.ts"\n  b,\n} from "./a.ts";', ["./a.ts"]],
    ['import type { A } from "./a.ts";', ["./a.ts"]],
    ['import type from "./a.ts";', ["./a.ts"]],
    ['import data from "./a.json" with { type: "json" };', ["./a.json"]],
    ['export { a } from "./a.ts";', ["./a.ts"]],
    ['export * from "./a.ts"; export * as b from "./b.ts";', ["./a.ts", "./b.ts"]],
    ['export type { A } from "./a.ts";', ["./a.ts"]],
    ['const a = await import("./a.ts");', ["./a.ts"]],
    ["const a = await import(name);", [null]],
    ["const a = await import(`./a.ts`);", [null]],
    ['const a = await import("./" + name);', [null]],
    ['let a: typeof import("./a.ts");', ["./a.ts"]],
    ['const a = require("a"); require.resolve("b");', ["a", "b"]],
    ['import a = require("a");', ["a"]],
    ['const t = `x ${await import("./a.ts")} y`;', ["./a.ts"]],
  ])("%s", (source, expected) => {
    expect(specifiers(source)).toEqual(expected);
  });

  it.each([
    '// import "./a.ts"',
    '/* import "./a.ts" */',
    "const a = 'import \"./a.ts\"';",
    'const a = `import "./a.ts"`;',
    "const a = import.meta.url;",
    'const from = "./a.ts"; export { from };',
    'export const from = "./a.ts";',
    'registry.import("./a.ts"); module.require("./a.ts");',
    'const a = /import "x"/;',
  ])("not in %s", (source) => {
    expect(specifiers(source)).toEqual([]);
  });

  it("says which are types only, and on which line", () => {
    expect(scan('\nimport type { A } from "a";\nimport { type B } from "b";').imports).toEqual([
      { specifier: "a", typeOnly: true, line: 2 },
      { specifier: "b", typeOnly: false, line: 3 },
    ]);
  });
});

describe("code", () => {
  it.each([
    ["a / b / c", ["a", "b", "c"]],
    ["f(a) / b", ["f", "a", "b"]],
    ["a = /b/g.test(c)", ["a", "test", "c"]],
    ["return /[/b]/.test(c)", ["return", "test", "c"]],
    ["`a ${b({ c: `d ${e}` })} f` + g", ["b", "c", "e", "g"]],
    ["'it\\'s a' + b", ["b"]],
    ["// a\nb /* c\n d */ e", ["b", "e"]],
    ["#!/usr/bin/env node\na", ["a"]],
    ["1_000n + 0xff", []],
  ])("%s", (source, expected) => {
    expect(words(source).filter((word) => word !== "g" || !source.includes("/g"))).toEqual(
      expected,
    );
  });

  it("keeps comments with their line", () => {
    expect(scan("a;\n// one\n/* two\n */ b").comments).toEqual([
      { text: "// one", line: 2 },
      { text: "/* two\n */", line: 3 },
    ]);
  });
});
