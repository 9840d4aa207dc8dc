/** Goal: every method that is named is computed where it says. Method: its file is read and looks for its function. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { METHODS } from "../../../coordinator/report/methods/registry.ts";

test.each(METHODS.map((method) => [method.title, method] as const))("%s", (_, { file, symbol }) => {
  const source = readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
  expect(source).toMatch(new RegExp(`^export (abstract )?(function|class) ${symbol}\\b`, "m"));
});
