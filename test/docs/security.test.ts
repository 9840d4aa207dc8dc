/** Every attack that docs/security.md says is tested names a test that is there, and every hostile test is named. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT, readDocument } from "./fences.ts";

const DOCUMENT = "docs/security.md";

it("names tests that are there, one for each attack", () => {
  const [, tested = ""] = readDocument(DOCUMENT).split("## What is tested");
  const rows = tested.split("\n").filter((line) => /^\| (?!\*\*|attack|-)/.test(line));
  expect(rows.length).toBeGreaterThan(30);
  const named = rows.map((row) => [...row.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)]);
  expect(rows.filter((_, at) => named[at]?.length === 0)).toEqual([]);
  const files = named.flat().map(([, file = ""]) => file);
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  const hostile = readdirSync(join(ROOT, "test/integration"))
    .filter((name) => /hostile|attack|forged/.test(name))
    .map((name) => `test/integration/${name}`);
  expect(hostile.filter((file) => !files.includes(file))).toEqual([]);
});
