/** Laws of templates: the same inputs render the same text, JSON stays JSON, and text never throws oddly. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { TemplateScope } from "../../shared/scenario/template/reference.ts";
import {
  compileJson,
  compileTemplate,
  compileUrl,
  type RenderContext,
} from "../../shared/scenario/template/template.ts";
import { TemplateError } from "../../shared/scenario/template/template-error.ts";
import { tableOf } from "../support/data-table.ts";

const scope: TemplateScope = {
  vars: { room: 'lo"bby', n: 3 },
  env: {},
  captures: [],
  data: { users: tableOf(["name"], [["ann"], ['b"ob']], "random") },
};

const context: fc.Arbitrary<RenderContext> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  connectionIndex: fc.integer({ min: 0, max: 5_000_000 }),
  incarnation: fc.integer({ min: 0, max: 2 ** 31 }),
  attempt: fc.integer({ min: 0, max: 1000 }),
  seq: fc.integer({ min: 0, max: 2 ** 40 }),
  nowMs: fc.integer({ min: 0, max: 2 ** 45 }),
  captured: fc.constant([]),
  message: fc.constant(null),
  marks: fc.constant(null),
  rows: fc.constant(null),
});

const placeholder = fc.constantFrom(
  "{{uuid}}",
  "{{seq}}",
  "{{now}}",
  "{{conn.id}}",
  "{{vars.room}}",
  "{{data.users.name}}",
  "{{text(0,40)}}",
  "{{int(-5,5)}}",
  "{{conn.index % 7}}",
  "{{vars.room + string(seq)}}",
  "{{uuid + '!'}}",
);
/** Literal text, with its braces written so that they stay literal. */
const literal = fc.string().map((text) => text.replaceAll("{", ""));
const source = fc.array(fc.oneof(placeholder, literal)).map((parts) => parts.join(""));

it("the same context renders the same text, in whatever order", () => {
  fc.assert(
    fc.property(source, context, context, (text, one, other) => {
      const template = compileTemplate(text, scope);
      const again = compileTemplate(text, scope);
      const first = template.render(one);
      template.render(other);
      expect(again.render({ ...one })).toBe(first);
      expect(template.render(one)).toBe(first);
      if (template.isStatic) expect(template.render(other)).toBe(first);
    }),
  );
});

it("bytes that are rendered are those of the text, or there is no room for them", () => {
  const room = fc.oneof(fc.constant(4096), fc.nat(60));
  fc.assert(
    fc.property(source, context, fc.constantFrom("text", "json"), room, (text, at, kind, bytes) => {
      const template =
        kind === "text" ? compileTemplate(text, scope) : compileJson([text, { text }], scope);
      const wanted = Buffer.from(template.render(at));
      const target = Buffer.alloc(bytes + 2, 0x23);
      const end = template.renderInto(target.subarray(0, bytes + 1), 1, at);
      if (end >= 0) expect(target.toString("utf8", 1, end)).toBe(wanted.toString());
      else expect(3 * wanted.length + 40).toBeGreaterThan(bytes);
      expect(target[0]).toBe(0x23);
      expect(target[bytes + 1]).toBe(0x23);
    }),
    { numRuns: 2000 },
  );
});

it("a field that a segment makes is what parsing finds there", () => {
  const key = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom("id", "n", "m") },
    { weight: 1, arbitrary: fc.constantFrom("{{vars.k}}", "{{seq}}", "a{{{{", "{{conn.id}}") },
  );
  const value = fc.oneof(
    fc.constantFrom<unknown>("{{uuid}}", "{{seq}}", "{{conn.id}}", "{{conn.index}}"),
    fc.constantFrom<unknown>("{{uuid}}!", "{{now}}", "{{vars.room}}", 1, null, ["{{uuid}}"], {
      id: "{{uuid}}",
    }),
  );
  let found = 0;
  fc.assert(
    fc.property(fc.dictionary(key, value), context, (map, at) => {
      const template = compileJson(map, { ...scope, vars: { ...scope.vars, k: "id" } });
      const target = Buffer.alloc(4096);
      for (const [name, segment] of template.fields) {
        const watched = { segment, start: 0, end: 0 };
        const end = template.renderInto(target, 0, at, watched);
        const parsed = JSON.parse(target.toString("utf8", 0, end)) as Record<string, unknown>;
        const text = target.toString("utf8", watched.start, watched.end);
        expect(JSON.stringify(parsed[name])).toBe(text);
        found++;
      }
    }),
  );
  expect(found).toBeGreaterThan(20);
});

it("JSON templates render JSON of the same shape", () => {
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      source,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value")),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie("value")),
    ),
  })).value;
  const shape = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(shape);
    if (typeof node !== "object" || node === null) return 0;
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, shape(child)]));
  };
  fc.assert(
    fc.property(value, context, (json, at) => {
      const rendered = JSON.parse(compileJson(json, scope).render(at)) as unknown;
      expect(shape(rendered)).toEqual(shape(json));
    }),
  );
});

it("a value in a URL is what a server reads, in a segment, a name and a value of the query", () => {
  const value = fc
    .string({ unit: "binary", minLength: 1 })
    .filter((text) => text.isWellFormed() && !/^\.{1,2}$/.test(text));
  fc.assert(
    fc.property(value, context, (text, at) => {
      const data = { t: tableOf(["c"], [[text]], "unique") };
      const url = "/a/{{data.t.c}}/b?{{data.t['c'] + ''}}=1&k={{data.t.c}}&x={{vars.v}}&y=2";
      const rendered = compileUrl(url, { vars: { v: text }, env: {}, captures: [], data }).render(
        at,
      );
      const { pathname, searchParams } = new URL(rendered, "http://server");
      expect(pathname.split("/").map(decodeURIComponent)).toEqual(["", "a", text, "b"]);
      expect([...searchParams]).toEqual([
        [text, "1"],
        ["k", text],
        ["x", text],
        ["y", "2"],
      ]);
    }),
  );
});

it("text without placeholders is unchanged, and {{{{ escapes", () => {
  fc.assert(
    fc.property(fc.string(), context, (text, at) => {
      const escaped = text.replaceAll("{", "{{'{'}}");
      expect(compileTemplate(escaped, scope).render(at)).toBe(text);
      const plain = text.replaceAll("{", "");
      expect(compileTemplate(`{{{{${plain}`, scope).render(at)).toBe(`{{${plain}`);
    }),
  );
});

it("any text compiles or is refused with a place inside it", () => {
  const nasty = fc
    .array(
      fc.constantFrom(
        "{{",
        "}}",
        "{",
        "}",
        "'",
        '"',
        "vars.",
        "n",
        "(",
        ")",
        "seq",
        "+",
        " ",
        "\\",
        "data",
        "x",
      ),
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(nasty, fc.string()), context, (text, at) => {
      try {
        expect(typeof compileTemplate(text, scope).render(at)).toBe("string");
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateError);
        expect((error as TemplateError).offset).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 500 },
  );
});
