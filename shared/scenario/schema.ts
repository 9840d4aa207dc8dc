/**
 * The shape of a scenario file as a whole, made of the sections: what parses a file, the type of it, and the JSON Schema
 * for editors and for the reference. Called by parse.ts, `onrush schema` and the API. Invariant: whatever passes needs no
 * further check of shape or units, only of meaning.
 */
import * as z from "zod";
import { SECTIONS } from "./sections/registry.ts";
import { once, strict } from "./shape/fields.ts";
import { withoutMarks } from "./shape/marks.ts";

type Shapes = {
  readonly [S in (typeof SECTIONS)[number] as S["key"]]: ReturnType<S["shape"]>;
};
type ScenarioShape = z.ZodObject<Shapes, z.core.$strict>;

/** A scenario file as its author writes it, units as text. */
export type ScenarioInput = z.input<ScenarioShape>;

export const scenarioShape = once((): ScenarioShape => {
  const shapes = Object.fromEntries(SECTIONS.map((one) => [one.key, one.shape()]));
  return strict(shapes as unknown as Shapes);
});

/** The JSON Schema (draft-7) of a scenario file, for editors. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(scenarioShape(), {
    io: "input",
    target: "draft-7",
    override: ({ zodSchema, jsonSchema: node }) => {
      withoutMarks(zodSchema, node);
      // zod takes them for examples of what is parsed, and drops them where that is something else.
      const examples = z.globalRegistry.get(zodSchema)?.["examples"];
      if (Array.isArray(examples)) node.examples = examples;
      // What is parsed when the whole is left out are the defaults of its keys.
      if (JSON.stringify(node.default) === "{}") Reflect.deleteProperty(node, "default");
      // A value that is a whole placeholder keeps its type, so numbers and switches may be one.
      if (node.type !== "integer" && node.type !== "number" && node.type !== "boolean") return;
      if (node.const !== undefined) return;
      const { description, examples: _, default: usual, ...plain } = node;
      for (const key of Object.keys(plain)) Reflect.deleteProperty(node, key);
      node.anyOf = [plain, { type: "string", pattern: "^\\{\\{.*\\}\\}$" }];
    },
  });
  return { ...schema, title: "Onrush scenario" };
}
