/** Expressions over replies: what matches, what is not applicable, and what is refused before the run. */
import { describe, expect, it } from "vitest";
import { compileExpression } from "../../../shared/scenario/expression/expression.ts";
import { ExpressionError } from "../../../shared/scenario/expression/expression-error.ts";
import { FUNCTIONS } from "../../../shared/scenario/expression/functions.ts";
import {
  compileMatch,
  MATCH_VARIABLES,
} from "../../../shared/scenario/expression/message-expression.ts";

function judge(where: string, m: unknown, sent: unknown = null): boolean | null {
  const fast = compileMatch(where);
  const slow = compileMatch(where, { fast: false });
  expect(slow.fast).toBe(false);
  expect(slow.judge(m, sent)).toBe(fast.judge(m, sent));
  expect(fast.test(m, sent)).toBe(fast.judge(m, sent) === true);
  return fast.judge(m, sent);
}

const LIST = { list: [true, null] };

/** JSON of lists within one another. */
function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

describe("compileMatch", () => {
  it.each([
    ["m.type == 'ack'", true],
    ["'ack' == m.type", true],
    ['m.type == "ack" && m.id == sent.id', true],
    ["sent.id == m.id && (m.a.b == 1 && m.on == true)", true],
    ["m.n == -1.5 && m.nothing == null", true],
    ["m.type == m.type && sent.id == sent.id", true],
    ["m.n > 1", false],
    ["m.type == 'ack' || m.id == 5", false],
    ["m.type == 'ack' && m.list == sent.list", true],
    ["m['type'] == 'ack'", false],
    ["m.type == b'ack'", false],
    ["m.id == 9007199254740993", false],
    ["m == sent", false],
    ["!(m.type == 'ack')", false],
  ])("%s takes the fast path: %s", (where, fast) => {
    expect(compileMatch(where).fast).toBe(fast);
  });

  it("judges the same with and without CEL", () => {
    const m = {
      type: "ack",
      id: "x",
      n: -1.5,
      on: true,
      nothing: null,
      a: { b: 1 },
      list: [1, { c: 2 }],
    };
    expect(judge("m.type == 'ack' && m.id == sent.id", m, { id: "x" })).toBe(true);
    expect(judge("m.type == 'ack' && m.id == sent.id", m, { id: "y" })).toBe(false);
    expect(judge("m.a.b == 1 && m.on == true && m.n == -1.5 && m.nothing == null", m)).toBe(true);
    expect(judge("m.a.b == 1.0", m)).toBe(true);
    expect(judge("m.a.b == '1'", m)).toBe(false);
    expect(judge("m.nothing == 'x'", m)).toBe(false);
    expect(judge("m.list == sent.list", m, { list: [1, { c: 2 }] })).toBe(true);
    expect(judge("m.list == sent.list", m, { list: [1, { c: 3 }] })).toBe(false);
    expect(judge("m.n + 1 == sent.n", { n: 4 }, { n: 5 })).toBe(true);
    expect(judge("m.n % 2 == 0", { n: 4 })).toBe(true);
  });

  it("is not applicable when a field is missing", () => {
    expect(judge("m.b.c == 1", { b: "text" })).toBe(null);
    expect(judge("m.type == sent.type", {}, {})).toBe(null);
    expect(judge("m.length == 3", [1, 2, 3])).toBe(null);
    expect(judge("m.type == 'a'", "text")).toBe(null);
    expect(judge("m.type == 'a'", null)).toBe(null);
    expect(judge("m.type == 'a'", 5)).toBe(null);
    expect(judge("m.missing == 1 && m.type == 'b'", { type: "a" })).toBe(false);
    expect(judge("m.missing == 1 && m.type == 'a'", { type: "a" })).toBe(null);
    expect(judge("m.n / 0 == 1", { n: "text" })).toBe(null);
  });

  it("reads own properties only", () => {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect(judge(`m.${name} == sent.${name}`, {}, {})).toBe(null);
    }
  });

  it("survives keys that look like object internals", () => {
    const m = JSON.parse(
      '{"constructor":"x","__proto__":{"a":1},"a":1,"n":{"constructor":{"name":"Map"}}}',
    );
    expect(compileMatch("m.a == 1").judge(m, null)).toBe(true);
    expect(compileMatch("m.a == 1 || m.a == 2").test(m, null)).toBe(false);
    expect(compileMatch("m.n.x == 1 || m.n.y == 2").judge(m, null)).toBe(null);
  });

  it("takes a non-boolean for false", () => {
    expect(judge("m.flag", { flag: "yes" })).toBe(false);
    expect(judge("m.flag", { flag: true })).toBe(true);
  });

  it.each([
    ["m.type == ", 10],
    ["m.type = 'a'", 7],
    ["msg.id == 1", 0],
    ["m.a == 1 && other.b == 2", 12],
    ["'text'", 0],
    ["", 0],
    ["m.id.matches('(?=a)')", 13],
    ["m.id.matches('(a)\\\\1')", 13],
    ["m.id.matches('a{1,400}b{1,400}')", 13],
    ["m.id.matches('(')", 13],
    ["m.id.matches(m.pattern)", 13],
    ["m.id.nonsense()", 0],
    [`m.a == '${"x".repeat(2001)}'`, 0],
    [`${"(".repeat(60)}m${")".repeat(60)}`, 0],
  ])("refuses %j", (where, offset) => {
    let caught: unknown;
    try {
      compileMatch(where);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ExpressionError);
    if (offset > 0) expect((caught as ExpressionError).offset).toBe(offset);
  });

  it.each([
    ["json(m.data).socket_id == '1.2'", { data: '{"socket_id":"1.2"}' }, true],
    ["json(m.data)[0] == 42.0", { data: "[42]" }, true],
    ["json(m.data).a == 1.0", { data: "no JSON" }, null],
    ["json(m.data).a == 1.0", { data: { a: 1 } }, null],
    ["json(m.data).a == 1.0", { data: "{}" }, null],
    ["json(m.data).constructor == 1.0", { data: "{}" }, null],
    ["json(m.data).size() == 1", { data: nested(101) }, null],
    ["json(m.data).size() == 1", { data: nested(100) }, true],
    ['toJson(m.data) == \'"a\\\\"b"\'', { data: 'a"b' }, true],
    ["toJson({'n': 1, 'list': m.list}) == '{\"n\":1,\"list\":[true,null]}'", LIST, true],
    ["iso(0) == '1970-01-01T00:00:00.000Z'", {}, true],
    ["iso(m.at) == '1970-01-01T00:00:01.500Z'", { at: 1500 }, true],
    ["iso(m.at) == ''", { at: 1e300 }, null],
    ["json(toJson(m)) == m", { a: [1, { b: "c" }] }, true],
    ["toJson(b'a') == ''", {}, null],
    ["toJson({'a': [b'a']}) == ''", {}, null],
    ["toJson(m) == ''", { a: Buffer.from("x") }, null],
    ["toJson([9007199254740991]) == '[9007199254740991]'", {}, true],
    ["toJson([9007199254740993]) == ''", {}, null],
  ])("has functions of its own: %s", (where, m, expected) => {
    expect(judge(where, m)).toBe(expected);
  });

  it("allows plain patterns and macros", () => {
    expect(judge("m.id.matches('^a[0-9]+$')", { id: "a12" })).toBe(true);
    expect(judge("m.list.exists(x, x == 2.0)", { list: [1, 2] })).toBe(true);
    expect(judge("has(m.id) && size(m.list) == 0", { id: 1, list: [] })).toBe(true);
    expect(judge("type(m.id) == string", { id: "a" })).toBe(true);
  });
});

it("toJson() says why it writes nothing", () => {
  const toJson = FUNCTIONS["toJson(dyn): string"];
  expect(() => toJson({ id: [2n ** 63n - 1n] })).toThrow(
    "9223372036854775807 is too large for JSON",
  );
  for (const bytes of [Buffer.from("x"), new Uint8Array(1)]) {
    expect(() => toJson(bytes)).toThrow("JSON has no bytes");
    expect(() => toJson({ a: [bytes] })).toThrow("JSON has no bytes");
  }
});

describe("compileExpression", () => {
  it("tells its variables, paths and type", () => {
    const expression = compileExpression("m.a.b + size(sent.c) > 1 ? m.d : m.e", MATCH_VARIABLES);
    expect([...expression.variables].sort()).toEqual(["m", "sent"]);
    expect(expression.paths).toContainEqual(["m", "a", "b"]);
    expect(expression.paths).toContainEqual(["sent", "c"]);
    expect(compileExpression("1 + 2", {}).type).toBe("int");
  });

  it("does not take a macro's own variable for a name", () => {
    const expression = compileExpression("m.list.all(x, x.ok == true)", MATCH_VARIABLES);
    expect([...expression.variables]).toEqual(["m"]);
    expect(expression.evaluate({ m: { list: [{ ok: true }] }, sent: null })).toBe(true);
  });
});
