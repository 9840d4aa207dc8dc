/** Units by table: what each text means, and what is said about text that means nothing. */
import { describe, expect, it } from "vitest";
import {
  formatDuration,
  formatRate,
  formatShare,
  formatSize,
  MAX_DURATION_US,
  parseDuration,
  parseRate,
  parseShare,
  parseSize,
} from "../../../shared/scenario/units.ts";

describe("durations", () => {
  it.each([
    ["250ms", 250_000],
    ["10s", 10e6],
    ["5m", 300e6],
    ["1h", 3600e6],
    ["1m30s", 90e6],
    ["1h2m3s4ms5us", 3_723_004_005],
    ["1.5s", 1_500_000],
    ["0.25ms", 250],
    ["40us", 40],
    ["0s", 0],
    ["744h", MAX_DURATION_US],
  ])("%s is %d us", (text, us) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: us });
  });

  it.each([
    ["10", "a duration needs a unit"],
    ["-5s", "cannot be negative"],
    ["5 s", "not a duration"],
    ["", "not a duration"],
    ["s", "not a duration"],
    ["5sec", "unknown unit"],
    ["5constructor", "not a duration"],
    ["5hasown", "unknown unit"],
    ["1d", "unknown unit"],
    ["1s1m", "units out of order"],
    ["1s1s", "units out of order"],
    ["1.2.3s", "not a duration"],
    ["0.5us", "finer than a microsecond"],
    ["745h", "longer than 31 days"],
    ["9999999999999999s", "not a duration"],
    ["NaNs", "not a duration"],
    ["1e3s", "unknown unit"],
    ["\u001b[31m1s", "not a duration"],
  ])("%j is refused", (text, what) => {
    const parsed = parseDuration(text);
    expect(parsed).toMatchObject({ ok: false });
    expect("what" in parsed && parsed.what).toContain(what);
  });

  it("formats in the units that are needed", () => {
    expect([90e6, 250_000, 0, 3_723_004_005, 1].map(formatDuration)).toEqual([
      "1m30s",
      "250ms",
      "0s",
      "1h2m3s4ms5us",
      "1us",
    ]);
  });
});

describe("rates", () => {
  it.each([
    ["200/s", 200],
    ["12000/min", 200],
    ["7200/h", 2],
    ["0.8/s", 0.8],
    ["0/s", 0],
  ])("%s is %d per second", (text, perSec) => {
    expect(parseRate(text)).toEqual({ ok: true, value: perSec });
  });

  it.each([
    "200",
    "200/day",
    "-1/s",
    "/s",
    "2k/s",
    "1e9/s",
    "99999999999/s",
    "1/",
    "1/constructor",
  ])("%j is refused", (text) => {
    expect(parseRate(text)).toMatchObject({ ok: false });
  });

  it("formats in the unit in which the number is exact", () => {
    expect([200, 0.8, 1 / 60, 1 / 3600].map(formatRate)).toEqual([
      "200/s",
      "0.8/s",
      "1/min",
      "1/h",
    ]);
  });
});

describe("sizes", () => {
  it.each([
    [64, 64],
    ["64", 64],
    ["64b", 64],
    ["4kb", 4096],
    ["4KB", 4096],
    ["1mb", 1_048_576],
    ["1.5kb", 1536],
    ["1gb", 1024 ** 3],
    [0, 0],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toEqual({ ok: true, value: bytes });
  });

  it.each(["", "-1", "1.5", "4pb", "2gb", "kb", "1 kb", 1.5, -3, Number.NaN])(
    "%j is refused",
    (text) => {
      expect(parseSize(text)).toMatchObject({ ok: false });
    },
  );

  it("formats in the largest unit that divides", () => {
    expect([0, 100, 4096, 1_048_576, 4097].map(formatSize)).toEqual([
      "0",
      "100",
      "4kb",
      "1mb",
      "4097",
    ]);
  });
});

describe("shares", () => {
  it.each([
    ["20%", 0.2],
    ["0.1%", 0.001],
    ["99.9%", 0.999],
    ["100%", 1],
    ["0%", 0],
  ])("%s is %d", (text, share) => {
    expect(parseShare(text)).toEqual({ ok: true, value: share });
    expect(formatShare(share)).toBe(text);
  });

  it.each(["20", "101%", "-1%", "%", "1%%", "a%"])("%j is refused", (text) => {
    expect(parseShare(text)).toMatchObject({ ok: false });
  });
});
