/** How issues are shown: one line each, the code frame under it, nothing that could drive a terminal. */
import { describe, expect, it } from "vitest";
import {
  escapeControls,
  formatIssues,
  formatPath,
  orderIssues,
} from "../../../shared/scenario/issue.ts";

const issue = (line: number, column: number, what = "wrong", hint = "") => ({
  file: "a.yaml",
  line,
  column,
  path: "",
  what,
  hint,
});

describe("formatIssues", () => {
  it("shows the line, the one before it, and a caret under the column", () => {
    const text = "version: 1\nload:\n  - { phase: a, hodl: 1s }\n";
    expect(
      formatIssues([issue(3, 17, 'unknown key "hodl"', "did you mean hold?")], text, {
        color: false,
      }),
    ).toBe(
      [
        'a.yaml:3:17 unknown key "hodl" (did you mean hold?)',
        "  2 | load:",
        "  3 |   - { phase: a, hodl: 1s }",
        "    |                 ^",
      ].join("\n"),
    );
  });

  it("escapes what is quoted from the file", () => {
    const text = "a: \u001b[31mred\u202eevil\u0007\tx\n";
    const shown = formatIssues([issue(1, 15, "bad \u001b[2J", "\u009b")], text, { color: false });
    expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(shown).toContain("\\u{1b}[31mred\\u{202e}evil\\u{7} x");
  });

  it.each([
    ["target: ws://user:p4ssw0rd@host/", "target: ws://*************@host/"],
    ["t: wss://tok3n@host:1/a@b", "t: wss://*****@host:1/a@b"],
    ['t: "ws://u:p@ss@host"', 't: "ws://******@host"'],
    ["t: ws://host/a@b", "t: ws://host/a@b"],
    ["a: x@y # ws://h", "a: x@y # ws://h"],
  ])("hides what may be a password in %j, and keeps the columns", (line, shown) => {
    const rows = formatIssues([issue(1, 9)], `${line}\n`, { color: false }).split("\n");
    expect(rows[1]).toBe(`  1 | ${shown}`);
    expect(rows[2]).toBe(`    | ${" ".repeat(8)}^`);
  });

  it("puts the caret under the escaped column", () => {
    const shown = formatIssues([issue(1, 3)], "\u001bab\n", { color: false }).split("\n");
    expect(shown[1]?.indexOf("ab")).toBe((shown[2]?.indexOf("^") ?? 0) - 1);
  });

  it("cuts long lines around the column", () => {
    const text = `${"x".repeat(500_000)}!${"y".repeat(500_000)}`;
    const shown = formatIssues([issue(1, 500_001)], text, { color: false }).split("\n");
    expect(Math.max(...shown.map((row) => row.length))).toBeLessThan(130);
    expect(shown[1]?.indexOf("!")).toBe(shown[2]?.indexOf("^"));
  });

  it("shows no frame for options", () => {
    const option = { ...issue(0, 0), file: "--set load.0.to" };
    expect(formatIssues([option], "a: 1", { color: false })).toBe("--set load.0.to wrong");
  });

  it("colours only when asked", () => {
    expect(formatIssues([issue(1, 1)], "a", { color: true })).toContain("\u001b[31mwrong\u001b[0m");
  });
});

it("escapes controls, formats and lone surrogates, and leaves the rest", () => {
  expect(escapeControls("é ☃ 😀 \ud800 \u2028")).toBe("é ☃ 😀 \\u{d800} \\u{2028}");
});

it("writes paths as people do", () => {
  expect(formatPath(["load", 2, "points", 0, "x y", "__proto__"])).toBe(
    'load[2].points[0]["x y"].__proto__',
  );
  expect(formatPath([])).toBe("");
});

it("orders by place, drops repetitions and cuts", () => {
  const many = Array.from({ length: 150 }, (_, i) => issue(150 - i, 1));
  const ordered = orderIssues([...many, ...many]);
  expect(ordered).toHaveLength(101);
  expect(ordered.slice(0, 3).map(({ line }) => line)).toEqual([1, 2, 3]);
  expect(ordered.at(-1)?.what).toBe("50 more problems are not shown");
});
