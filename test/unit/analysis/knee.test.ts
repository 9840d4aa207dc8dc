/** Goal: a bend is found where it is, and none is seen where there is none. Method: curves of known shape, with noise. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kneeOf, type Point } from "../../../coordinator/analysis/search/knee.ts";

const LEVELS = [250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2100, 2200, 2300, 2500];

const curve = (value: (level: number) => number, levels = LEVELS): Point[] =>
  levels.map((level) => ({ level, value: value(level) }));

const bent =
  (knee: number, slope = 0.01, bend = 2) =>
  (level: number) =>
    20 + slope * level + bend * Math.max(0, level - knee);

describe("kneeOf", () => {
  it("finds the bend within 2 %, wherever it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 800, max: 2250 }), (knee) => {
        const found = kneeOf(curve(bent(knee))) ?? 0;
        expect(Math.abs(found - knee) / knee).toBeLessThan(0.02);
      }),
    );
  });

  it("and within 5 % with noise of a tenth", () => {
    const noise = fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), {
      minLength: LEVELS.length,
      maxLength: LEVELS.length,
    });
    fc.assert(
      fc.property(noise, (parts) => {
        const points = curve(bent(2000)).map(({ level, value }, at) => ({
          level,
          value: value * (1 + (parts[at] ?? 0)),
        }));
        expect(Math.abs((kneeOf(points) ?? 0) - 2000)).toBeLessThan(100);
      }),
    );
  });

  it.each([
    ["flat", curve(() => 20)],
    ["a straight line", curve((level) => 20 + level)],
    ["a curve that bends down", curve((level) => 20 + Math.min(level, 1000))],
    ["too few points", curve(bent(750), [250, 500, 750, 1000, 1250])],
    ["too few below", curve(bent(500), [250, 500, 1500, 2000, 2500, 2600])],
    ["one single point above", curve(bent(2300), LEVELS)],
    ["none", []],
  ])("sees none in %s", (_, points) => {
    expect(kneeOf(points)).toBeNull();
  });
});
