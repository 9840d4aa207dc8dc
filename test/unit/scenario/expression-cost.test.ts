/**
 * Goal: no expression goes on without end, whatever it is and whatever the target sends, and none that a scenario needs is
 * cut off. Method: what grows fastest in each operation, alone and where CEL goes on after an error. A test that is not
 * over within the time limit of the runner has failed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileExpression } from "../../../shared/scenario/expression/expression.ts";
import { compileMatch } from "../../../shared/scenario/expression/message-expression.ts";

const LIST = `[${Array(40).fill("1").join(",")}]`;

function nested(macro: (list: string, variable: string, inner: string) => string, depth: number) {
  let inner = "true";
  for (let level = 0; level < depth; level++) inner = macro(LIST, `x${level}`, inner);
  return inner;
}

const all = (list: string, x: string, inner: string) => `${list}.all(${x}, ${inner})`;

/** Expressions over `m`, with a message that makes them expensive. */
const EXPENSIVE: readonly (readonly [name: string, expression: string, m: unknown])[] = [
  ["all", nested(all, 8), null],
  ["exists", nested((list, x, inner) => `${list}.exists(${x}, !(${inner}))`, 8), null],
  ["exists_one", nested((list, x, inner) => `${list}.exists_one(${x}, ${inner})`, 8), null],
  ["map", `${nested((list, x, inner) => `${list}.map(${x}, ${inner})`, 8)}.size() == 1`, null],
  ["filter", nested((list, x, inner) => `size(${list}.filter(${x}, ${inner})) > 0`, 8), null],
  ["what || goes on after", `${nested(all, 8)} || true`, null],
  ["what && goes on after", `!(${nested(all, 5)}) && ${nested(all, 5)}`, null],
  ["all() of items that fail", "m.all(x, m.all(y, m.all(z, z.no == 1)))", Array(300).fill({})],
  ["keys", "m.all(x, m.all(y, x != y + 'z'))", Object.fromEntries(Array(400).fill(0).entries())],
  ["equal lists", "m.a.all(x, m.b == m.c)", { a: nest(200), b: nest(500), c: nest(500) }],
  ["in", "m.all(x, !([x] in m))", Array(2000).fill([1])],
  ["texts that double", doubling(`'${"a".repeat(200)}'`, 14), null],
  ["lists that double", doubling(`[${Array(100).fill(1).join()}]`, 14), null],
  ["join", "m.join(m.join(m.join('x'))).size() > 0", Array(5000).fill("abc")],
  ["split", "m.all(x, x.split('').size() > 9)", Array(50).fill("y".repeat(100_000))],
  ["contains", "m.a.contains(m.b)", { a: "a".repeat(500_000), b: `b${"a".repeat(250_000)}` }],
  ["size", "m.all(x, x.size() > 1)", Array(100).fill("y".repeat(100_000))],
  ["time zones", "m.all(x, timestamp(int(x)).getHours('Europe/Paris') < 25)", Array(500).fill(1)],
  ["json", "json(m) == json(m)", JSON.stringify(Array(15_000).fill(12_345))],
  ["toJson", "toJson(m).size() > 0", Array(30_000).fill(1)],
  ["matches", "m.matches('(a|b)*a(a|b){60}c')", `${"ab".repeat(20_000)}c`],
  ["matches in a loop", "m.all(x, x.matches('^[a-z]*$'))", Array(200).fill("y".repeat(2000))],
];

function nest(items: number): unknown[] {
  return Array.from({ length: items }, (_, at) => [at, [at, { at }]]);
}

function doubling(start: string, times: number): string {
  let expression = "size(v) > 0";
  for (let at = 0; at < times; at++) expression = `cel.bind(v, v + v, ${expression})`;
  return `cel.bind(v, ${start}, ${expression})`;
}

describe("the cost of an expression", () => {
  it.each(EXPENSIVE)("ends: %s", (_, expression, m) => {
    const compiled = compileExpression(expression, { m: "dyn" });
    expect(compiled.evaluate({ m })).toBeNull();
    expect(compiled.exceeded).toBe(true);
  });

  it("is counted anew each time", () => {
    const compiled = compileExpression("m.all(x, m.all(y, x == y))", { m: "dyn" });
    expect(compiled.evaluate({ m: Array(1000).fill(1) })).toBeNull();
    expect(compiled.exceeded).toBe(true);
    expect(compiled.evaluate({ m: [1, 1] })).toBe(true);
    expect(compiled.exceeded).toBe(false);
  });

  it("leaves room for what scenarios do", () => {
    const items = Array.from({ length: 1000 }, (_, id) => ({ id: `i${id}`, tags: ["a", "b"] }));
    const match = compileMatch("m.items.exists(i, i.id == sent.id && 'b' in i.tags)");
    expect(match.test({ items }, { id: "i999" })).toBe(true);
    expect(match.exceeded).toBe(false);
    const text = `order ${"x".repeat(9000)} accepted`;
    expect(compileMatch("m.text.matches('^order .* accepted$')").test({ text }, {})).toBe(true);
    expect(compileMatch("m.text.contains('accepted')").test({ text }, {})).toBe(true);
  });

  it("makes a match not applicable, and says why", () => {
    const match = compileMatch("m.all(x, m.all(y, x == y))");
    expect(match.judge(Array(1000).fill(1), {})).toBeNull();
    expect(match.exceeded).toBe(true);
    expect(match.judge([1], {})).toBe(true);
    expect(match.exceeded).toBe(false);
  });

  it("compares bytes by their length, as many as a message may have", () => {
    const equal = compileExpression("m == sent", { m: "dyn", sent: "dyn" });
    const within = compileExpression("m in [sent] && {'a': m} == {'a': sent}", {
      m: "dyn",
      sent: "dyn",
    });
    const message = Buffer.alloc(100_000, "x");
    for (const expression of [equal, within]) {
      expect(expression.evaluate({ m: message, sent: Buffer.from(message) })).toBe(true);
      expect(expression.evaluate({ m: message, sent: Buffer.alloc(100_000, "y") })).toBe(false);
      expect(expression.exceeded).toBe(false);
    }
    const whole = Buffer.alloc(1024 ** 2, "x");
    expect(equal.evaluate({ m: whole, sent: Buffer.from(whole) })).toBe(true);
    const tooLong = Buffer.alloc(2 * 1024 ** 2);
    expect(equal.evaluate({ m: tooLong, sent: Buffer.from(tooLong) })).toBeNull();
    expect(equal.exceeded).toBe(true);
  });

  it("takes no longer text for a duration", () => {
    const compiled = compileExpression("duration(m) < duration('1s')", { m: "dyn" });
    expect(compiled.evaluate({ m: "1".repeat(50_000) })).toBeNull();
    expect(compiled.evaluate({ m: "300ms" })).toBe(true);
  });
});

/** docs/messages.md and docs/data.md name this number. */
const JSON_CHARS = 50_000;

describe("json()", () => {
  const fill = (item: string, chars: number) =>
    `[${Array(Math.floor((chars - 1) / (item.length + 1)))
      .fill(item)
      .join()}]`;

  it.each([
    ["json(m)[(i + seq) % 3]", (chars: number) => fill("1", chars)],
    ["json(m)[(i + seq) % 3]", (chars: number) => fill('"tea"', chars)],
    ["json(m)[1].id", (chars: number) => fill('{"id":1}', chars)],
    ["json(m).id", (chars: number) => `{"id":"${"x".repeat(chars - 9)}"}`],
    ["json(m).id", (chars: number) => `{"id":${fill("1", chars - 7)}}`],
  ])("%s reads what the documents say, and no text that is much longer", (source, textOf) => {
    const compiled = compileExpression(source, { m: "dyn", i: "int", seq: "int" });
    const read = (chars: number) => compiled.evaluate({ m: textOf(chars), i: 1n, seq: 3n });
    expect(textOf(JSON_CHARS).length).toBeGreaterThan(JSON_CHARS - 10);
    expect(read(JSON_CHARS)).not.toBeNull();
    expect(compiled.exceeded).toBe(false);
    expect(read(65_000)).toBeNull();
    expect(compiled.exceeded).toBe(true);
  });

  it("the documents name its bound", () => {
    const text = JSON_CHARS.toLocaleString("en");
    for (const [file, said] of [
      ["messages.md", `of up to ${text} characters`],
      ["data.md", `Such a list has ${text} characters at most`],
    ] as const) {
      expect(readFileSync(join(import.meta.dirname, "../../../docs", file), "utf8")).toContain(
        said,
      );
    }
  });
});

describe("matches()", () => {
  it.each([
    ["^a[0-9]+$", "a12", true],
    ["(a+)+$", `${"a".repeat(30)}b`, false],
    ["(x|y)*z", "xyxyz", true],
    ["b", "abc", true],
    ["^\\p{Lu}", "Äpfel", true],
    ["(?i)HELLO", "say hello", true],
  ])("knows %s", (pattern, text, expected) => {
    const source = `m.matches(${JSON.stringify(pattern)})`;
    expect(compileExpression(source, { m: "dyn" }).evaluate({ m: text })).toBe(expected);
  });
});
