/** The scenario reference is what the schema says, and leaves nothing out. */
import { describe, expect, it } from "vitest";
import { jsonSchema } from "../../shared/scenario/schema.ts";
import { readDocument } from "./fences.ts";
import { scenarioReference, withReference } from "./scenario-reference.ts";

function* keysIn(node: unknown): Generator<readonly [string, string]> {
  if (typeof node !== "object" || node === null) return;
  const { properties } = node as { properties?: Record<string, { description?: string }> };
  for (const [key, { description = "" }] of Object.entries(properties ?? {})) {
    yield [key, description];
  }
  for (const [key, child] of Object.entries(node)) if (key !== "examples") yield* keysIn(child);
}

describe("docs/scenario.md", () => {
  const document = readDocument("docs/scenario.md");

  it("is up to date (npm run docs:scenario writes it)", () => {
    expect(document).toBe(withReference(document));
  });

  it("has every key of the schema, with its description", () => {
    const text = scenarioReference();
    const keys = [...keysIn(jsonSchema())];
    expect(keys.length).toBeGreaterThan(70);
    for (const [key, description] of keys) {
      expect.soft(text).toContain(`\`${key}\``);
      expect.soft(text, key).toContain(description.replaceAll("|", "\\|"));
    }
  });

  it("fails when a table was changed by hand", () => {
    const changed = document.replace("| **`version`** |", "| **`Version`** |");
    expect(changed).not.toBe(document);
    expect(withReference(changed)).toBe(document);
    expect(() => withReference("no place")).toThrow("no place");
  });
});
