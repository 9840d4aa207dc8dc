/** Templates: every placeholder, every way to write one wrong, and what must hold of the random ones. */

import { describe, expect, it } from "vitest";
import type { TemplateScope } from "../../../shared/scenario/template/reference.ts";
import {
  compileJson,
  compileTemplate,
  inspectTemplate,
  type RenderContext,
} from "../../../shared/scenario/template/template.ts";
import { TemplateError } from "../../../shared/scenario/template/template-error.ts";
import { tableOf } from "../../support/data-table.ts";

const rows = Array.from({ length: 50 }, (_, i) => [`user${i}`, `q"${i}`]);
const names = rows.map(([name = ""]) => [name]);
const scope: TemplateScope = {
  vars: { room: "lobby", n: 3, half: 0.5, on: true, quote: 'a"b\n', list: '["a","b"]' },
  env: { HOME: "/root" },
  captures: [],
  data: {
    users: tableOf(["name", "odd"], rows, "unique"),
    turn: tableOf(["name"], names.slice(0, 3), "sequential"),
    any: tableOf(["name"], names, "random"),
    other: tableOf(["name"], names, "random"),
  },
};
const at = (more: Partial<RenderContext> = {}): RenderContext => ({
  seed: 7,
  connectionIndex: 21,
  incarnation: 1,
  marks: null,
  rows: null,
  attempt: 0,
  captured: [],
  message: null,
  seq: 4,
  nowMs: 1_700_000_000_123,
  ...more,
});
const text = (source: string, more: Partial<RenderContext> = {}) =>
  compileTemplate(source, scope).render(at(more));
const json = (value: unknown, more: Partial<RenderContext> = {}) =>
  JSON.parse(compileJson(value, scope).render(at(more))) as unknown;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("text templates", () => {
  it.each([
    ["", ""],
    ["plain } text }} { here", "plain } text }} { here"],
    ["{{vars.room}}/{{ vars.n }}", "lobby/3"],
    ["{{env.HOME}}", "/root"],
    ["{{conn.index}} {{conn.id}} {{conn.attempt}} {{seq}} {{now}}", "21 c21 0 4 1700000000123"],
    ["{{data.users.name}}", "user21"],
    ["{{data.turn.name}}", "user0"],
    ["{{conn.index % 20}}", "1"],
    ["{{'u-' + string(conn.index)}}", "u-21"],
    ["{{conn.index % vars.n == 0 ? 'third' : 'other'}}", "third"],
    ["{{data.users.name + '!'}}", "user21!"],
    ["{{vars.n + 1}}", "4"],
    ["{{vars.half * 3.0}}", "1.5"],
    ["{{vars.room + '-' + env.HOME}}", "lobby-/root"],
    ["{{ {'a': {'b': '}}'}}.a.b }}", "}}"],
    ["{{{{ literal }} {{seq}}", "{{ literal }} 4"],
    ["{{{{{{seq}}", "{{4"],
    ["{{seq / (seq - 4)}}", ""],
    ["{{json(vars.list)[seq % 3]}}", "b"],
    ["{{iso(now)}}", "2023-11-14T22:13:20.123Z"],
    ["{{bytes(vars.room + ':x').base64()}}", "bG9iYnk6eA=="],
    ["42[{{toJson(data.users.odd)}}]", `42["q\\"21"]`],
  ])("%s", (source, rendered) => {
    expect(text(source)).toBe(rendered);
  });

  it("knows what never changes", () => {
    expect(compileTemplate("a {{vars.room}} {{vars.n * 2}} {{{{", scope).isStatic).toBe(true);
    expect(compileTemplate("a {{seq}}", scope).isStatic).toBe(false);
    expect(compileJson({ a: ["{{vars.n}}"] }, scope).isStatic).toBe(true);
    expect(compileJson({ a: ["{{uuid}}"] }, scope).isStatic).toBe(false);
  });

  it.each([
    ["{{vars.rom}}", 2, "unknown variable vars.rom", "did you mean room?"],
    ["x {{env.NOPE}}", 4, "NOPE is not set", "-e NOPE"],
    ["{{data.user.name}}", 2, "unknown data table", "did you mean users?"],
    ["{{data.users.nam}}", 2, "no column nam", "did you mean name?"],
    ["{{data.users}}", 2, "needs a column", "data.users.name"],
    ["{{conn.idx}}", 2, "unknown name conn.idx", ""],
    ["{{vars.room + vars.rom}}", 2, "unknown variable vars.rom", ""],
    ["{{uid}}", 2, "unknown name uid", "did you mean uuid?"],
    ["{{}}", 2, "empty placeholder", ""],
    ["ab {{seq", 3, "does not end", "{{{{"],
    ["{{seq}", 0, "does not end", ""],
    ["{{'a}}", 0, "does not end", ""],
    ["a{{{vars.room}}", 1, "does not end", "{{'{'}}"],
    ["{{{vars.room}}}", 12, "not a valid expression", "two braces"],
    ["{{seq +}}", 2, "not a valid expression", ""],
    ["{{text(5)}}", 2, "two whole numbers", "text(20,400)"],
    ["{{text(5,1)}}", 2, "is empty", ""],
    ["{{text(0,70000)}}", 2, "65536 characters", ""],
    ["{{text(-1,7)}}", 2, "65536 characters", ""],
    ["{{int(1.5,2)}}", 2, "two whole numbers", ""],
    ["{{int(0,4294967296)}}", 2, "at most 4294967296", ""],
    ["{{'a' + text(1,2)}}", 2, "", "stand alone"],
    ["{{vars}}", 2, "has no value", ""],
    ["{{vars.toString}}", 2, "unknown variable", ""],
    ["{{data.constructor.name}}", 2, "unknown data table", ""],
  ])("refuses %s", (source, ...[offset, what, hint]) => {
    let caught: unknown;
    try {
      compileTemplate(source, scope);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(TemplateError);
    const error = caught as TemplateError;
    expect(error.message).toContain(what);
    expect(error.hint).toContain(hint);
    if (!source.includes("+")) expect(error.offset).toBe(offset);
  });

  it("finds all faults at once", () => {
    const { faults } = inspectTemplate(
      "json",
      { a: ["{{x1}} {{vars.y}}"], "{{z1}}": 1, b: "{{seq" },
      scope,
    );
    expect(faults.map(({ path, error }) => [path.join("."), error.offset])).toEqual([
      ["a.0", 2],
      ["a.0", 9],
      ["{{z1}}", 2],
      ["b", 0],
    ]);
  });

  it("bounds the number of placeholders", () => {
    expect(() => compileTemplate("{{seq}}".repeat(1001), scope)).toThrow("more than 1000");
  });
});

describe("JSON templates", () => {
  it("keeps the type of a string that is one placeholder", () => {
    const value = {
      a: "{{vars.n}}",
      b: "{{vars.on}}",
      c: "{{seq}}",
      d: "{{conn.index % 2 == 1}}",
      e: "{{vars.room}}",
      f: "{{now}}",
      g: "{{data.users.odd}}",
      h: "{{[seq, conn.index]}}",
      i: "{{seq / (seq - 4)}}",
      j: "{{conn.id}}",
      k: "{{vars.half}}",
    };
    expect(json(value)).toEqual({
      a: 3,
      b: true,
      c: 4,
      d: true,
      e: "lobby",
      f: 1_700_000_000_123,
      g: 'q"21',
      h: [4, 21],
      i: null,
      j: "c21",
      k: 0.5,
    });
  });

  it("makes text of the others, escaped", () => {
    const value = {
      "k-{{seq}}": ["{{vars.n}} ", 'x"{{vars.quote}}"', "{{data.users.odd}}\n", "{{{{"],
    };
    expect(json(value)).toEqual({ "k-4": ["3 ", 'x"a"b\n"', 'q"21\n', "{{"] });
  });

  it("writes values without placeholders as JSON does", () => {
    const value = { a: [1, 2.5, -0, true, null, "x\u2028\ud800"], b: {}, c: [] };
    expect(compileJson(value, scope).render(at())).toBe(JSON.stringify(value));
    expect(compileJson("{{{{", scope).render(at())).toBe('"{{"');
    expect(compileJson(null, scope).render(at())).toBe("null");
  });
});

describe("random placeholders", () => {
  it("make valid version 4 UUIDs, all different", () => {
    const template = compileTemplate("{{uuid}}", scope);
    const seen = new Set<string>();
    for (let connectionIndex = 0; connectionIndex < 300; connectionIndex++) {
      for (let seq = 0; seq < 100; seq++) {
        const made = template.render(at({ connectionIndex, seq }));
        expect(made).toMatch(UUID);
        seen.add(made);
      }
    }
    expect(seen.size).toBe(30_000);
  });

  it("differ by seed, connection, incarnation, seq, place and site", () => {
    const made = [
      text("{{uuid}}"),
      text("{{uuid}}", { seed: 8 }),
      text("{{uuid}}", { connectionIndex: 22 }),
      text("{{uuid}}", { incarnation: 2 }),
      text("{{uuid}}", { seq: 5 }),
      compileTemplate("{{uuid}}", scope, 1).render(at()),
      ...text("{{uuid}} {{uuid}}").split(" ").slice(1),
      ...(json(["{{uuid}}", "{{uuid}}"]) as string[]).slice(1),
    ];
    expect(made[6]).toBe(made[7]);
    expect(new Set(made).size).toBe(7);
  });

  it("choose whole numbers evenly, both ends included", () => {
    const template = compileTemplate("{{int(-1,2)}}", scope);
    const counts = new Map<string, number>();
    for (let seq = 0; seq < 4000; seq++) {
      const made = template.render(at({ seq }));
      counts.set(made, (counts.get(made) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(["-1", "0", "1", "2"]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(text("{{int(5,5)}}")).toBe("5");
  });

  it("make text of the asked length that needs no escape", () => {
    const lengths = new Set<number>();
    for (let seq = 0; seq < 500; seq++) {
      const made = text("{{text(3,9)}}", { seq });
      expect(made).toMatch(/^[a-z ]{3,9}$/);
      lengths.add(made.length);
    }
    expect([...lengths].sort()).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(text("{{text(0,0)}}")).toBe("");
    expect(text("{{text(65536,65536)}}")).toHaveLength(65_536);
  });
});

describe("data rows", () => {
  it("belong to the connection for the whole run", () => {
    for (const table of ["users", "turn", "any"]) {
      const source = `{{data.${table}.name}}`;
      expect(text(source, { seq: 9, attempt: 3, incarnation: 4 })).toBe(text(source));
    }
  });

  it("go in turn, or by chance and independently of other tables", () => {
    const column = (table: string) =>
      Array.from({ length: 50 }, (_, connectionIndex) =>
        text(`{{data.${table}.name}}`, { connectionIndex }),
      );
    expect(column("turn").slice(0, 5)).toEqual(["user0", "user1", "user2", "user0", "user1"]);
    expect(new Set(column("users")).size).toBe(50);
    expect(new Set(column("any")).size).toBeGreaterThan(15);
    expect(column("any")).not.toEqual(column("other"));
  });
});
