/** The tables of the documents are what the registries say. */
import { describe, expect, it } from "vitest";
import { readDocument } from "./fences.ts";
import { MADE_TABLES, withTables } from "./made-tables.ts";

describe.each([...new Set(MADE_TABLES.map(({ document }) => document))])("%s", (document) => {
  const text = readDocument(document);

  it("is up to date (npm run docs:tables writes it)", () => {
    expect(text).toBe(withTables(document, text));
  });

  it("fails when a table was changed by hand, or has gone", () => {
    const changed = text.replace(
      /(made by npm run docs:tables; do not edit -->\n\n\| )\w+/,
      "$1other",
    );
    expect(changed).not.toBe(text);
    expect(withTables(document, changed)).toBe(text);
    expect(() => withTables(document, "no place")).toThrow("no place");
  });
});
