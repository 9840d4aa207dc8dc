/** The JSON Schema for editors: complete, explained, and in agreement with what is accepted. */
import { describe, expect, it } from "vitest";
import { jsonSchema, scenarioShape } from "../../../shared/scenario/schema.ts";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly additionalProperties?: unknown;
  readonly [key: string]: unknown;
}

function* objectsIn(node: unknown, path = ""): Generator<readonly [string, Node]> {
  if (typeof node !== "object" || node === null) return;
  const { properties } = node as Node;
  if (properties !== undefined) yield [path, node as Node];
  for (const [key, child] of Object.entries(node)) {
    if (key !== "examples") yield* objectsIn(child, `${path}/${key}`);
  }
}

describe("the JSON Schema", () => {
  const schema = jsonSchema();

  it("is draft-7", () => {
    expect(schema["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
    expect(Object.keys((schema as Node).properties ?? {}).sort()).toEqual(
      Object.keys(scenarioShape().shape).sort(),
    );
  });

  it("explains every key with a description and an example", () => {
    const objects = [...objectsIn(schema)];
    expect(objects.length).toBeGreaterThan(15);
    let keys = 0;
    for (const [path, object] of objects) {
      for (const [key, node] of Object.entries(object.properties ?? {})) {
        keys++;
        expect.soft(node.description, `${path} ${key}`).toMatch(/\.$/);
        expect.soft(node.examples?.length, `${path} ${key}`).toBeGreaterThan(0);
      }
    }
    expect(keys).toBeGreaterThan(70);
  });

  it("refuses unknown keys everywhere", () => {
    for (const [path, object] of objectsIn(schema)) {
      expect.soft(object.additionalProperties, path).toBe(false);
    }
  });

  it("allows a placeholder in place of a number or a switch", () => {
    const seed = (schema as Node).properties?.["seed"];
    expect(seed?.["anyOf"]).toEqual([
      { type: "integer", minimum: 0, maximum: 4294967295 },
      { type: "string", pattern: "^\\{\\{.*\\}\\}$" },
    ]);
  });

  it("gives examples that are accepted", () => {
    const example = (key: string) => ((schema as Node).properties?.[key]?.examples ?? [])[0];
    const scenario = Object.fromEntries(
      Object.keys(scenarioShape().shape)
        .filter((key) => key !== "targets")
        .map((key) => [key, example(key)]),
    );
    expect(scenarioShape().safeParse(scenario).error?.issues).toBeUndefined();
  });
});
