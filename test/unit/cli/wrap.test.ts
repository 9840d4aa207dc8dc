/** Goal: a result is readable in 80 columns. Method: lines of results, and generated ones for the invariant. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleLength, wrapLine } from "../../../coordinator/cli/terminal/wrap.ts";

describe("wrapLine", () => {
  it("breaks between figures and keeps a number with its unit", () => {
    const line =
      "  latency       p50 993 µs  p90 2.09 ms  p99 18.0 ms  p99.9 45.1 ms  max 56.0 ms  (corrected: from the intended send)";
    expect(wrapLine(line, 80, 16)).toEqual([
      "  latency       p50 993 µs  p90 2.09 ms  p99 18.0 ms  p99.9 45.1 ms  max 56.0 ms",
      "                (corrected: from the intended send)",
    ]);
  });

  it("breaks lists after a comma, and sentences between words", () => {
    expect(
      wrapLine("  connections   150 planned, 206 established, 0 failed, peak 150", 50, 16),
    ).toEqual([
      "  connections   150 planned, 206 established,",
      "                0 failed, peak 150",
    ]);
    expect(wrapLine("  fix           Give the generator a machine of its own.", 40, 16)).toEqual([
      "  fix           Give the generator a",
      "                machine of its own.",
    ]);
  });

  it("leaves what fits, and words that cannot be broken", () => {
    expect(wrapLine("  report        short", 80, 16)).toEqual(["  report        short"]);
    const url = `  report        file://${"/folder".repeat(20)}`;
    expect(wrapLine(url, 80, 16)).toEqual([url]);
  });

  it("does not count colours", () => {
    const coloured = `  x             \u001b[32m✓\u001b[39m ${"word ".repeat(12).trim()}`;
    expect(wrapLine(coloured, 80, 16)).toHaveLength(1);
  });

  it("loses no word and is never wider than asked, but for single words", () => {
    const words = fc.array(fc.stringMatching(/^[a-z0-9.,:()]{1,30}$/), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(words, fc.integer({ min: 40, max: 120 }), (parts, columns) => {
        const line = `  label         ${parts.join(" ")}`;
        const lines = wrapLine(line, columns, 16);
        expect(lines.join(" ").split(/\s+/)).toEqual(line.split(/\s+/));
        for (const one of lines) {
          if (one.trim().includes(" ") && !one.startsWith("  label"))
            expect(visibleLength(one)).toBeLessThanOrEqual(Math.max(columns, 47));
        }
      }),
    );
  });
});
