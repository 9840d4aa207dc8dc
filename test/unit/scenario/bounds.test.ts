/** Hostile files: whatever the text, the answer is a short list of issues and costs bounded resources. */
import { describe, expect, it } from "vitest";
import { MAX_ISSUES } from "../../../shared/scenario/issue.ts";
import { issuesOf, linesOf, minimal, parseText } from "./reading.ts";

const mib = 1024 * 1024;

describe("size", () => {
  it("refuses 10 MB", () => {
    const text = `${minimal()}name: ${"x".repeat(10 * mib)}\n`;
    expect(linesOf(parseText(text))).toEqual([
      `1:1 the file is larger than 1 MiB (${Buffer.byteLength(text)} bytes) (keep tables in CSV files (data))`,
    ]);
    expect(linesOf(parseText(Buffer.from(text)))).toHaveLength(1);
  });

  it.each([
    ["open brackets", "[".repeat(mib)],
    ["open braces", "{a: ".repeat(mib / 4)],
    ["dashes", "- ".repeat(mib / 2)],
    ["question marks", "? ".repeat(mib / 2)],
    ["colons", ": ".repeat(mib / 2)],
    ["indentation", Array.from({ length: 1400 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
    ["anchors", "&a ".repeat(mib / 3)],
    ["tags", "! ".repeat(mib / 2)],
    ["aliases", `- &a x\n${"- *a\n".repeat(mib / 8)}`],
    ["directives", "%a\n".repeat(mib / 4)],
    ["documents", "---\n".repeat(mib / 4)],
    ["quotes", '"'.repeat(mib)],
    ["keys", Array.from({ length: 60_000 }, (_, i) => `key${i}: 1`).join("\n")],
    ["duplicate keys", "key: 1\n".repeat(60_000)],
    ["flow keys", `{${Array.from({ length: 90_000 }, (_, i) => `k${i}`).join(",")}}`],
    [
      "thresholds",
      `thresholds:\n${Array.from({ length: 30_000 }, (_, i) => `  k${i}: []`).join("\n")}`,
    ],
    ["phases", `load:\n${"  - {}\n".repeat(50_000)}`],
    ["placeholders", `name: "${"{{a}}".repeat(100_000)}"`],
    ["comments", "# a\n".repeat(mib / 4)],
    ["a long key", `${"a".repeat(mib - 10)}: 1`],
    ["a long text", "x ".repeat(mib / 2)],
  ])("answers a mebibyte of %s", (_, text) => {
    const issues = issuesOf(parseText(text));
    expect(issues.length).toBeGreaterThan(0);
    expect(issues.length).toBeLessThanOrEqual(MAX_ISSUES + 1);
  });

  it("refuses an alias bomb before it goes off", () => {
    const levels = Array.from({ length: 9 }, (_, i) => {
      const below = i === 0 ? "x" : `*a${i - 1}`;
      return `k${i}: &a${i} [${Array(9).fill(below).join(",")}]`;
    });
    expect(linesOf(parseText(levels.join("\n")))).toEqual([
      expect.stringContaining("aliases expand too far"),
    ]);
  });

  it("accepts 1000 phases and 1000 messages, and no more", () => {
    const phases = (count: number) =>
      `version: 1\ntarget: ws://h\nload:\n${Array.from({ length: count }, (_, i) => `  - { phase: p${i}, ramp: burst, to: 5, hold: 1s }`).join("\n")}\n`;
    const mix = (count: number) =>
      `messages:\n  rate: 1/s\n  mix:\n${Array.from({ length: count }, (_, i) => `    - { name: m${i}, send: { text: hi } }`).join("\n")}\n`;
    expect(linesOf(parseText(phases(1000) + mix(1000)))).toEqual([]);
    expect(linesOf(parseText(phases(1001)))[0]).toContain("at most 1000 items");
    expect(linesOf(parseText(phases(1) + mix(1001)))[0]).toContain("at most 1000 items");
  });

  it("accepts five million connections, and no more", () => {
    const load = (to: number, perSec: number) =>
      `version: 1\ntarget: ws://h\nload:\n  - { phase: a, ramp: burst, to: ${to}, hold: 1s }\n  - { phase: b, arrive: ${perSec}/s, stay: 1s, for: 10s }\n`;
    expect(linesOf(parseText(load(4_999_990, 1)))).toEqual([]);
    expect(linesOf(parseText(load(4_999_991, 1)))[0]).toContain("5000001 connections planned");
  });

  it("refuses a run of more than 31 days", () => {
    const text = `version: 1\ntarget: ws://h\nload:\n  - { phase: a, ramp: burst, to: 1, hold: 400h }\n  - { phase: b, hold: 400h }\n`;
    expect(linesOf(parseText(text))).toEqual(["4:3 the run takes longer than 31 days"]);
  });
});

describe("text", () => {
  it("never pollutes prototypes", () => {
    const text = minimal(
      '__proto__: { polluted: 1 }\nvars: { a: { __proto__: { polluted: 1 } }, "constructor": { "prototype": { polluted: 1 } } }\n',
    );
    expect(parseText(text).ok).toBe(false);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  it.each([
    ["NUL", "version: 1\nname: a\u0000b\n", "2:8"],
    ["escape", "version: 1\n\u001b[2Jname: a\n", "2:1"],
    ["delete", "a: \u007f\n", "1:4"],
  ])("refuses %s", (_, text, place) => {
    expect(linesOf(parseText(text))[0]).toMatch(new RegExp(`^${place} the file holds control`));
  });

  it("refuses bytes that are no UTF-8", () => {
    const text = Buffer.concat([Buffer.from("version: 1\nname: caf"), Buffer.from([0xe9, 0x0a])]);
    expect(linesOf(parseText(text))[0]).toContain("2:10 the file is not valid UTF-8");
  });

  it("accepts a byte order mark", () => {
    expect(linesOf(parseText(Buffer.from(`\ufeff${minimal()}`)))).toEqual([]);
  });

  it("does not count brackets inside texts as nesting", () => {
    const text = minimal(
      `messages:\n  rate: 1/s\n  mix:\n    - name: x\n      send:\n        text: |\n          ${"[".repeat(100)}\n          ${"- ".repeat(100)}x\n`,
    );
    expect(linesOf(parseText(text))).toEqual([]);
  });
});
