/** Goal: option values are read exactly or refused with the form expected. Method: tables. */
import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import {
  busOf,
  busOption,
  collectHost,
  collectOverride,
  collectVariable,
  parseSeed,
  parseWorkers,
} from "../../../coordinator/cli/options/values.ts";

describe("repeatable options", () => {
  it("keep what came before; a later variable wins", () => {
    const once = collectVariable("a=1");
    expect(collectVariable("a=2=3", collectVariable("b=", once))).toEqual({ a: "2=3", b: "" });
    expect(collectOverride("load.0.to=5", collectOverride("x=y"))).toEqual([
      { path: "x", value: "y" },
      { path: "load.0.to", value: "5" },
    ]);
    expect(collectHost("a.example, b.example", ["c"])).toEqual(["c", "a.example", "b.example"]);
  });

  it.each(["", "a", "=1"])("refuse %j", (text) => {
    expect(() => collectVariable(text)).toThrow(InvalidArgumentError);
    expect(() => collectOverride(text)).toThrow(InvalidArgumentError);
  });
});

describe("the bus", () => {
  const url = "redis://broker:6379";

  it("is the option's, else that of ONRUSH_BUS", () => {
    expect(busOf({ bus: url }, { bus: "nats://other" })).toBe(url);
    expect(busOf({}, { bus: url })).toBe(url);
    expect(busOption("where", { bus: url })).toMatchObject({ mandatory: false });
  });

  it("must be one of them", () => {
    expect(busOption("where", { bus: null })).toMatchObject({ mandatory: true });
    expect(() => busOf({ bus: "" }, { bus: null })).toThrow("The address of the bus is empty.");
  });

  it("is not shown in help, as there may be a password in it", () => {
    const { description, defaultValue } = busOption("where", { bus: "redis://:word@broker" });
    expect([description, defaultValue]).toEqual(["where (or ONRUSH_BUS)", undefined]);
  });
});

describe("numbers", () => {
  it.each([
    ["0", 0],
    ["42", 42],
    ["4294967295", 4294967295],
  ])("seed %s", (text, seed) => {
    expect(parseSeed(text)).toBe(seed);
  });

  it.each(["-1", "4294967296", "1.5", "1e3", "0x10", "", " 1", "abc"])(
    "refuses the seed %j",
    (text) => {
      expect(() => parseSeed(text)).toThrow(/whole number from 0 to 4294967295/);
    },
  );

  it("workers are a number or auto", () => {
    expect(parseWorkers("auto")).toBe("auto");
    expect(parseWorkers("3")).toBe(3);
    for (const text of ["0", "many", "1025"]) expect(() => parseWorkers(text)).toThrow();
  });
});
