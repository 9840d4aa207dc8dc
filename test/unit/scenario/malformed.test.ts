/**
 * A corpus of malformed scenario files as data: every file has the complete list of issues it must give,
 * each with line and column. A file without expectations, or an expectation without a file, fails.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixtureFolder, linesOf, parseFile, scenariosIn } from "./reading.ts";

const folder = fixtureFolder("malformed");
const files = scenariosIn(folder);
const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<
  string,
  string[]
>;

describe("malformed scenarios", () => {
  it("has an expectation for each of at least 45 files", () => {
    expect(files.length).toBeGreaterThanOrEqual(45);
    expect(Object.keys(expected).sort()).toEqual(files);
  });

  it.each(files)("%s", (name) => {
    const result = parseFile(folder, name, { env: { TOKEN: "s3cret" } });
    expect(result.ok).toBe(false);
    expect(linesOf(result)).toEqual(expected[name]);
    expect(expected[name]?.length).toBeGreaterThan(0);
  });
});
