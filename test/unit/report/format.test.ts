/** Goal: numbers read with a unit and never lie by rounding. Method: tables of values at the borders. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { count } from "../../../coordinator/analysis/text.ts";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatCounts,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
  formatUs,
} from "../../../coordinator/report/text/format.ts";
import { formatObserved } from "../../../coordinator/report/text/threshold-text.ts";

describe("formats", () => {
  it("groups digits as the runtime does, to three decimals", () => {
    const numbers = fc.oneof(
      fc.double({ min: -1e16, max: 1e16, noNaN: true }),
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.integer({ min: -1e9, max: 1e9 }).map((thousandths) => thousandths / 1e4),
      fc.integer(),
    );
    fc.assert(
      fc.property(numbers, (value) => {
        fc.pre(!Object.is(value, -0));
        expect(count(value)).toBe(value.toLocaleString("en-US"));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [null, "no data"],
    [0, "0 ms"],
    [0.001, "1 µs"],
    [0.34, "340 µs"],
    [0.9996, "1.00 ms"],
    [4.214, "4.21 ms"],
    [9.996, "10.0 ms"],
    [99.96, "100 ms"],
    [128.4, "128 ms"],
    [999.6, "1.00 s"],
    [9_996, "10 s"],
    [12_340, "12.3 s"],
    [125_000, "2 min 5 s"],
    [-0.5, "-500 µs"],
  ])("%s ms", (ms, text) => {
    expect(formatMs(ms)).toBe(text);
    expect(formatUs(ms === null ? null : ms * 1000)).toBe(text);
  });

  it.each([
    [28, "28 s"],
    [59.96, "1 min 0 s"],
    [3599.7, "1 h 0 min"],
    [3_700, "1 h 1 min"],
  ])("%s s", (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it.each([
    [null, "no data"],
    [0, "0%"],
    [1, "100%"],
    [0.999999, "> 99.999%"],
    [0.0000001, "< 0.001%"],
    [0.99987, "99.987%"],
    [0.5, "50%"],
  ])("share %s", (share, text) => {
    expect(formatShare(share)).toBe(text);
  });

  it("counts, bytes, rates and clocks", () => {
    expect(formatCount(1234567)).toBe("1,234,567");
    for (const count of [0, 7, 999, 1000, 99999.6, 1e15 - 1, 1e15, 1e21, -1234, -0.6]) {
      expect(formatCount(count)).toBe(Math.round(count).toLocaleString("en-US"));
    }
    expect(formatCount(-0.2)).toBe("0");
    expect(formatBytes(512)).toBe("512 B");
    expect(formatBytes(4_200_000)).toBe("4.2 MB");
    expect(formatBytes(999_600)).toBe("1.0 MB");
    expect(formatRate(0)).toBe("0/s");
    expect(formatRate(0.8)).toBe("0.8/s");
    expect(formatRate(1 / 3600)).toBe("1/h");
    expect(formatRate(1 / 60)).toBe("1/min");
    expect(formatRate(0.0251)).toBe("1.51/min");
    expect(formatRate(8012)).toBe("8,012/s");
    expect(formatClock(-1)).toBe("00:00");
    expect(formatClock(125)).toBe("02:05");
    expect(formatClock(3725)).toBe("1:02:05");
  });
});

describe("observed values", () => {
  it.each([
    ["p99 < 200ms", 12.34, "12.3 ms"],
    ["p99 < 1s", 1234, "1.23 s"],
    ["max <= 500us", 0.2, "200 µs"],
    ["failed < 0.1%", 0.0005, "0.05%"],
    ["> 99.9%", 0.9999, "99.99%"],
    ["lost == 0", 3, "3"],
    ["sent >= 200/s", 199.5, "200/s"],
    ["lost == 0", null, "no data"],
    ["ratio < 0.5", 0.123456, "0.1235"],
  ])("%s, observed %s", (rule, observed, text) => {
    expect(formatObserved(rule, observed)).toBe(text);
  });

  it("names counts that were not measured, and gives them no number", () => {
    expect(formatCounts({ lost: 0, late: 1200 })).toBe("0 lost, 1,200 late");
    expect(formatCounts({ lost: 3, late: null, leaked: null })).toBe(
      "3 lost, not measured: late, leaked",
    );
  });
});
