/**
 * The sections as a list: what their files promise of each other holds for all of them. Method: the registries and the JSON
 * Schema, walked.
 */
import { describe, expect, it } from "vitest";
import { jsonSchema, scenarioShape } from "../../../shared/scenario/schema.ts";
import { RAMPS } from "../../../shared/scenario/sections/ramps/registry.ts";
import { SECTIONS } from "../../../shared/scenario/sections/registry.ts";
import { placeOf } from "../../../shared/scenario/shape/marks.ts";
import { linesOf, minimal, parseText, scenarioOf } from "./reading.ts";

interface Node {
  readonly description?: string;
  readonly default?: unknown;
}

function* nodesIn(node: unknown, path = ""): Generator<readonly [path: string, node: Node]> {
  if (typeof node !== "object" || node === null) return;
  const { description } = node as Node;
  if (typeof description === "string") yield [path, node as Node];
  for (const [key, child] of Object.entries(node)) {
    if (key !== "examples" && key !== "default") yield* nodesIn(child, `${path}/${key}`);
  }
}

describe("sections", () => {
  it("have a key each, in the order of the reference", () => {
    const keys = SECTIONS.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(Object.keys(scenarioShape().shape)).toEqual(keys);
  });

  it("promise the defaults that they have", () => {
    const nodes = [...nodesIn(jsonSchema())];
    const scalar = nodes.filter(([, node]) =>
      ["string", "number", "boolean"].includes(typeof node.default),
    );
    expect(scalar.length).toBeGreaterThan(15);
    for (const [path, node] of scalar) {
      expect.soft(node.description, path).toContain(`Default: ${String(node.default)}.`);
    }
  });

  it("say which placeholders wait for the run", () => {
    const shape = scenarioShape();
    const waiting = [
      ["target"],
      ["targets", 0, "url"],
      ["vars", "x"],
      ["connect", "headers", "x"],
      ["connect", "subprotocols", 0],
      ["messages", "mix", 0, "send", "text"],
      ["messages", "mix", 0, "send", "json", "deep", 0, "down"],
      ["messages", "mix", 0, "reply", "where"],
    ];
    for (const path of waiting)
      expect.soft(placeOf(shape, path).isStatic, path.join(".")).toBe(false);
    const known = [
      ["name"],
      ["targets", 0, "label"],
      ["data", "users", "csv"],
      ["connect", "tls", "ca"],
      ["load", 0, "over"],
      ["load", 3, "points", 0, 0],
      ["messages", "mix", 0, "name"],
      ["messages", "mix", 0, "send", "binary", "size", 0],
      ["messages", "mix", 0, "reply", "within"],
      ["thresholds", "latency", 0, "rule"],
      ["outputs", 0, "junit"],
    ];
    for (const path of known) expect.soft(placeOf(shape, path).isStatic, path.join(".")).toBe(true);
    for (const path of [["no"], ["connect", "no"], ["load", 0, "no", 1], ["name", "no"]]) {
      expect.soft(placeOf(shape, path).isStatic, path.join(".")).toBe(false);
    }
  });
});

describe("a size and a fill", () => {
  const message = (binary: string) =>
    minimal(
      `vars: { n: 2kb, f: zero, s: { env: S, secret: true } }\nmessages: { rate: 1/s, mix: [{ name: x, send: { binary: ${binary} } }] }\n`,
    );

  it("may be placeholders over vars, as any quantity", () => {
    const text = message('{ size: [64, "{{vars.n}}"], fill: "{{vars.f}}" }');
    const { messages } = scenarioOf(parseText(text, { env: { S: "secret!!" } }));
    expect(messages?.mix[0]?.send).toEqual({ kind: "binary", sizes: [64, 2048], fill: "zero" });
  });

  it("hold no secret", () => {
    const text = message('{ size: "{{vars.s}}" }');
    expect(linesOf(parseText(text, { env: { S: "4kb" } }))[0]).toContain("secret vars.s");
  });
});

describe("kinds of phases", () => {
  it("have a name each", () => {
    const names = RAMPS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it("are told by another key where ramp is left out, and only there", () => {
    const { properties } = jsonSchema() as {
      properties: { load: { items: { oneOf: { required: string[] }[] } } };
    };
    const { oneOf } = properties.load.items;
    expect(oneOf.map(({ required }) => required.includes("ramp"))).toEqual(
      RAMPS.map(({ impliedBy }) => impliedBy === undefined),
    );
  });
});
