/**
 * Numbers in a scenario, with --set and with -e: the number that was written, or a mistake that says so.
 * Method: the laws on generated numbers, the doors by example.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberFault } from "../../../shared/scenario/read/exact-number.ts";
import { NO_OVERRIDES } from "../../../shared/scenario/read/overrides.ts";
import { issuesOf, linesOf, minimal, parseText, scenarioOf } from "./reading.ts";

const fault = (text: string) => numberFault(text, Number(text))?.what ?? null;

describe("a number", () => {
  it("is taken when it is an integer up to 2^53, and only then", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (value) => {
        const isHeld = BigInt(Number(value)) === value && Number.isSafeInteger(Number(value));
        expect(fault(String(value)) === null).toBe(isHeld);
      }),
    );
  });

  it("is taken as a program would write it, also with zeros at its ends", () => {
    const decimal = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value));
    fc.assert(
      fc.property(decimal, (value) => {
        expect(fault(String(value))).toBeNull();
        const fixed = value.toFixed(6);
        if (Number(fixed) === value && Math.abs(value) < 1e9) expect(fault(fixed)).toBeNull();
      }),
    );
  });

  it.each(["0.12345678901234567890", "1e-999", "0.1000000000000000000001"])(
    "%s loses digits",
    (text) => expect(fault(text)).toBe("the number has more digits than can be held exactly"),
  );

  it.each(["0x10", "0o17", "0b11", "-0x1"])("%s has another base", (text) =>
    expect(fault(text)).toBe(`${text} is a number in another base`),
  );

  it.each(["007", "-01", "00.5"])("%s has zeros that get lost", (text) =>
    expect(fault(text)).toBe(`${text} begins with a zero, which a number does not keep`),
  );

  it.each(["0", "-0", "0.5", ".5", "5.", "1e3", "1.10", "+5", "1e-7", "100"])(
    "%s is itself",
    (text) => expect(fault(text)).toBeNull(),
  );
});

/** Numbers that no door may let through altered. */
const ALTERED = [
  "9007199254740993",
  "1.10",
  "1e3",
  "1e999",
  "007",
  "0x10",
  "0.12345678901234567890",
];

describe("a var that is a number", () => {
  const text = minimal('vars: { n: 1 }\nconnect: { headers: { x: "{{vars.n}}" } }\n');
  const doors = [
    ["the file", (n: string) => parseText(text.replace("n: 1 ", `n: ${n} `))],
    ["-e", (n: string) => parseText(text, { overrides: { ...NO_OVERRIDES, vars: { n } } })],
    [
      "--set",
      (n: string) => parseText(text, { overrides: { ...NO_OVERRIDES, set: [["vars.n", n]] } }),
    ],
    [
      "--set of all vars",
      (n: string) =>
        parseText(text, { overrides: { ...NO_OVERRIDES, set: [["vars", `{ n: ${n} }`]] } }),
    ],
  ] as const;

  it.each(doors)("comes exact through %s", (_, read) => {
    for (const n of ALTERED) expect(issuesOf(read(n))).toHaveLength(1);
    for (const n of ["7", "-2.5", "9007199254740991", "0.1"]) {
      expect(scenarioOf(read(n)).vars["n"]).toBe(Number(n));
    }
  });

  it("says how to keep the text", () => {
    const overrides = { ...NO_OVERRIDES, vars: { n: "4566206088344615922" } };
    expect(issuesOf(parseText(text, { overrides }))).toEqual([
      {
        ...{ file: "-e n", line: 0, column: 0, path: "" },
        what: "the var is a number in the file: the number is too large to be held exactly",
        hint: "quote the value in the file, which makes it text",
      },
    ]);
  });

  it("keeps the text when the file says text", () => {
    for (const n of [...ALTERED, "4566206088344615922"]) {
      const quoted = text.replace("n: 1 ", 'n: "1" ');
      const overrides = { ...NO_OVERRIDES, vars: { n } };
      expect(scenarioOf(parseText(quoted, { overrides })).vars["n"]).toBe(n);
    }
  });
});

it("of an expression is exact, too", () => {
  const text = minimal('vars: { n: "{{9007199254740992 + 1}}" }\n');
  expect(linesOf(parseText(text))[0]).toContain("too large to be held exactly");
  const infinite = minimal('vars: { n: "{{1.0 / 0.0}}" }\n');
  expect(issuesOf(parseText(infinite))).toHaveLength(1);
});

it("elsewhere may have zeros at its end", () => {
  const text = minimal(
    "messages: { rate: 1/s, mix: [{ name: a, weight: 1.50, send: { json: { n: 2.0 } } }] }\n",
  );
  expect(scenarioOf(parseText(text)).messages?.mix[0]?.weight).toBe(1.5);
});
