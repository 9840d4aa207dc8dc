/** Laws of units: what is formatted parses back to the same quantity, and text never throws. */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  formatDuration,
  formatRate,
  formatShare,
  formatSize,
  MAX_DURATION_US,
  MAX_SIZE_BYTES,
  parseDuration,
  parseRate,
  parseShare,
  parseSize,
} from "../../shared/scenario/units.ts";

it("durations round-trip", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_DURATION_US }), (us) => {
      expect(parseDuration(formatDuration(us))).toEqual({ ok: true, value: us });
    }),
  );
});

it("sizes round-trip", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_SIZE_BYTES }), (bytes) => {
      expect(parseSize(formatSize(bytes))).toEqual({ ok: true, value: bytes });
    }),
  );
});

it("rates that were written round-trip", () => {
  const written = fc.tuple(
    fc.integer({ min: 0, max: 99_999_999 }),
    fc.integer({ min: 0, max: 4 }),
    fc.constantFrom("s", "min", "h"),
  );
  fc.assert(
    fc.property(written, ([digits, decimals, unit]) => {
      const parsed = parseRate(`${(digits / 10 ** decimals).toFixed(decimals)}/${unit}`);
      if (!parsed.ok) throw new Error(parsed.what);
      expect(parseRate(formatRate(parsed.value))).toEqual(parsed);
    }),
  );
});

it("shares round-trip", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (parts) => {
      const parsed = parseShare(`${parts / 10_000}%`);
      if (!parsed.ok) throw new Error(parsed.what);
      expect(parseShare(formatShare(parsed.value))).toEqual(parsed);
    }),
  );
});

it("any text is either a quantity in its bounds or a reason", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[-0-9.a-z/%]{0,12}$/));
  fc.assert(
    fc.property(text, (input) => {
      for (const parsed of [
        parseDuration(input),
        parseRate(input),
        parseSize(input),
        parseShare(input),
      ]) {
        if (parsed.ok) expect(parsed.value).toBeGreaterThanOrEqual(0);
        else expect(parsed.what).not.toBe("");
      }
    }),
  );
});
