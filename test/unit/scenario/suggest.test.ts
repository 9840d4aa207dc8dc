/** Suggestions: near names are suggested, far ones are not. */
import { describe, expect, it } from "vitest";
import { closest, didYouMean, editDistance } from "../../../shared/scenario/suggest.ts";

describe("suggestions", () => {
  it.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["abc", "", 3],
    ["kitten", "sitting", 3],
    ["laod", "load", 1],
    ["ca", "abc", 3],
  ])("distance of %j and %j is %d", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it("finds the closest name, whatever the case", () => {
    expect(closest("timout", ["tls", "timeout", "target"])).toBe("timeout");
    expect(closest("inflight", ["inFlight"])).toBe("inFlight");
    expect(closest("zzz", ["timeout"])).toBe(null);
    expect(closest("b", ["a"])).toBe(null);
  });

  it("lists what is known when nothing is close", () => {
    expect(didYouMean("zzz", ["a", "b"])).toBe("known here: a, b");
    expect(didYouMean("zzz", [])).toBe("");
    const many = Array.from({ length: 20 }, (_, i) => `name${i}`);
    expect(didYouMean("zzz", many)).toMatch(/, \.\.\.$/);
  });

  it("costs little for very long names", () => {
    expect(closest("x".repeat(1_000_000), ["timeout"])).toBe(null);
  });
});
