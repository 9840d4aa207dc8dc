/** Goal: a text is read in each way that may hold a secret, and in none twice. Method: examples, and texts of signs alone, which must not cost more than their length. */
import { describe, expect, it } from "vitest";
import { readingsOf } from "../../../shared/scenario/mask/decoded-text.ts";
import { createMask } from "../../../shared/scenario/mask/mask.ts";

const textsOf = (original: string) => readingsOf(original).map(({ text }) => text);

describe("readings of a text", () => {
  it.each([
    ["no sign", ["no sign"]],
    ["a\\u0062c", ["abc", "a\\u0062c"]],
    ["50%25", ["50%", "50%25"]],
    ["a &amp; b", ["a & b", "a &amp; b"]],
    ["%2541", ["a", "%2541", "%41"]],
  ])("%s", (original, expected) => {
    expect(textsOf(original)).toEqual(expected);
  });

  it("are all different, however many encodings are within one another", () => {
    const texts = textsOf("%26amp;%5cu0026 \\u0025%32%35 &#37;41 &#92;u0041 %2541");
    expect(texts.length).toBeGreaterThan(5);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("know where each character came from", () => {
    const [all] = readingsOf("a%c3%a9\\u20ac&lt;é");
    expect(Buffer.from(all?.text ?? "", "latin1").toString()).toBe("aé€<é");
    expect([...(all?.starts ?? [])]).toEqual([0, 1, 4, 7, 7, 7, 13, 17, 17]);
    expect([...(all?.ends ?? [])]).toEqual([1, 4, 7, 13, 13, 13, 17, 18, 18]);
  });
});

it.each([
  ["&x=1", 900_000],
  ["&", 900_000],
  ["\\u{", 500_000],
  ["%25", 300_000],
  ["\\ud800\\\\", 300_000],
])("a long text of %s costs its length", (part, times) => {
  const text = part.repeat(times);
  const masked = createMask(["S3cr3t-Zebra"])(`${text}S3cr3t-Zebra`);
  expect(masked.slice(0, text.length)).toBe(text);
  expect(masked.endsWith("***")).toBe(true);
});
