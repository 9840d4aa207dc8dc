/** Goal: nothing a target says can act on a terminal. Method: known attacks, then arbitrary text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeForTerminal } from "../../../coordinator/cli/terminal/escape.ts";

describe("escapeForTerminal", () => {
  it.each([
    ["an escape sequence", "\u001b[31mred\u001b]0;title\u0007"],
    ["a C1 control sequence introducer", "\u009b31mred"],
    ["line breaks", "one\r\ntwo\u2028three\u2029four\u0085five"],
    ["bidirectional marks", "abc\u202edcba\u2066x\u2069\u200f\u061c"],
    ["zero-width characters", "pay\u200bpal\u2060\ufeff\u00ad"],
    ["invisible tags", "a\u{e0041}b"],
    ["a lone surrogate", "a\ud800b"],
    ["backspaces and deletes", "secret\b\b\b\u007f"],
  ])("makes %s visible", (_, text) => {
    expect(escapeForTerminal(text)).toMatch(/^[\x20-\x7e]+$/);
  });

  it("leaves ordinary text of any script alone", () => {
    const text = "4001 kicked: Größe 日本語 עברית 🎉 {a: 'b'}";
    expect(escapeForTerminal(text)).toBe(text);
  });

  it("cuts long text and says so", () => {
    expect(escapeForTerminal("a".repeat(500), 10)).toBe(`${"a".repeat(9)}…`);
    expect(escapeForTerminal("a".repeat(10), 10)).toBe("a".repeat(10));
    expect(escapeForTerminal(`${"a".repeat(8)}🎉🎉`, 10)).toBe(`${"a".repeat(8)}…`);
  });

  it("never lets a control through and never exceeds its bound", () => {
    const anyText = fc.string({ unit: "binary", maxLength: 300 });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 200 }), (text, bound) => {
        const shown = escapeForTerminal(text, bound);
        expect(shown.length).toBeLessThanOrEqual(bound);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });
});
