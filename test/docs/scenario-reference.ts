/**
 * The tables of docs/scenario.md, made from the JSON Schema of scenario files. Called by write-scenario-reference.ts and
 * by the test that holds the document to them. Invariant: every key of the schema is in them once, with its description,
 * and with the example that the schema gives.
 */
import { jsonSchema } from "../../shared/scenario/schema.ts";
import { flow } from "./flow.ts";

const BEGIN = "<!-- made by npm run docs:scenario from the schema; do not edit -->";
const END = "<!-- end of what npm run docs:scenario makes -->";
const MAX_EXAMPLE_CHARS = 90;

/** What is used here of draft-7. */
interface Node {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly items?: Node | readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly required?: readonly string[];
  readonly $ref?: string;
  readonly allOf?: readonly Node[];
  readonly definitions?: Readonly<Record<string, Node>>;
}

/** What is defined once and used in several places, also inside itself; by the reference to it. */
let defined: ReadonlyMap<string, Node> = new Map();
/** Where the keys of an object, or of one of several kinds, have been shown; of the document that is being made. */
let shown = new Map<string, string>();
/** Those that have a section of their own, with the word for one of them. */
const OWN_SECTIONS: ReadonlyMap<string, string> = new Map([["#/definitions/step", "step"]]);

/** The document with its tables as they should be. @throws Error when it has no place for them */
export function withReference(document: string): string {
  const [before, rest] = document.split(`${BEGIN}\n`);
  const after = rest?.split(`${END}\n`)[1];
  if (before === undefined || after === undefined) throw new Error("the document has no place");
  return `${before}${BEGIN}\n\n${scenarioReference()}\n\n${END}\n${after}`;
}

export function scenarioReference(): string {
  const root = jsonSchema() as Node;
  shown = new Map();
  const definitions = Object.entries(root.definitions ?? {});
  defined = new Map(definitions.map(([name, node]) => [`#/definitions/${name}`, node]));
  const file = sectionsOf("", root);
  const own = [...OWN_SECTIONS].flatMap(([reference, word]) => {
    const kinds = defined.get(reference)?.anyOf ?? [];
    const properties = Object.assign(
      {},
      ...kinds.map((kind) => kind.properties),
    ) as Node["properties"];
    const intro = `A ${word} is one of these keys, with its value:`;
    const [table = "", ...below] = sectionsOf(word, { properties: properties ?? {} });
    return [`## A ${word}`, intro, table, ...below];
  });
  return ["## The file", ...file, ...own].join("\n\n");
}

/** What a reference means, with what is said of it where it is used. */
function resolved(node: Node): Node {
  const reference = node.$ref ?? (node.allOf?.length === 1 ? node.allOf[0]?.$ref : undefined);
  const target = reference === undefined ? undefined : defined.get(reference);
  if (reference === undefined || target === undefined) return node;
  const word = OWN_SECTIONS.get(reference);
  const { $ref: _, allOf: _1, ...said } = node;
  return word === undefined ? resolved({ ...target, ...said }) : { title: word, ...said };
}

/** A table of an object's keys, then a section for each key that has keys of its own. */
function sectionsOf(path: string, node: Node): string[] {
  const below = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    belowOf(path === "" ? key : `${path}.${key}`, child),
  );
  return [tableOf(node), ...below];
}

/** @param which the kind that has the key, where not all have */
function belowOf(path: string, written: Node, which = ""): string[] {
  const node = resolved(written);
  const objects = objectsWithin(node);
  if (objects.length === 0) return [];
  const place = `${path}${node.type === "array" ? "[]" : isMap(node) ? ".NAME" : ""}${which}`;
  const keys = objects.map(keysOf).join();
  const before = shown.get(keys);
  if (before !== undefined) return [`### ${place}`, `As \`${before}\`.`];
  shown.set(keys, place);
  if (objects.length > 1) return kindSections(place, objects);
  return [`### ${place}`, ...objects.flatMap((object) => sectionsOf(place, object))];
}

/** Objects with keys that a value may be, be a list of, or be a map of. */
function objectsWithin(written: Node): Node[] {
  const node = resolved(written);
  if (node.properties !== undefined) return [node];
  const further = [
    ...variantsOf(node),
    ...(isNode(node.items) ? [node.items] : []),
    ...(isNode(node.additionalProperties) ? [node.additionalProperties] : []),
  ];
  return further.flatMap(objectsWithin);
}

function hasSame({ properties }: Node, key: string, child: Node): boolean {
  return JSON.stringify(properties?.[key]) === JSON.stringify(child);
}

/** Of several kinds: what they have in common first, then each kind by what is its own, and what it lacks. */
function kindSections(place: string, kinds: readonly Node[]): string[] {
  if (kinds.every((kind) => shown.has(keysOf(kind)))) {
    const names = kinds.map((kind) => `\`${String(constOf(kind)?.[1].const)}\``).join(", ");
    return [`Each has the keys of one of these kinds, as described there: ${names}.`];
  }
  const [first] = kinds;
  const common = Object.entries(first?.properties ?? {}).filter(([key, child]) => {
    return kinds.filter((kind) => hasSame(kind, key, child)).length > kinds.length / 2;
  });
  const keys = new Set(common.map(([key]) => key));
  const lacksSome = kinds.some((kind) => lacking(kind, keys).length > 0);
  const intro = `All kinds have these keys${lacksSome ? ", but where something else is said" : ""}:`;
  const shared: Node = {
    properties: Object.fromEntries(common),
    required: (first?.required ?? []).filter((key) => keys.has(key)),
  };
  const below = common.flatMap(([key, child]) => belowOf(`${place}.${key}`, child));
  const sections = kinds.flatMap((kind) => kindSection(place, kind, shared));
  return [
    `### ${place}`,
    ...(keys.size > 0 ? [intro, tableOf(shared)] : []),
    ...below,
    ...sections,
  ];
}

function kindSection(place: string, kind: Node, shared: Node): string[] {
  const own = Object.entries(kind.properties ?? {}).filter(
    ([key, child]) => !hasSame(shared, key, child),
  );
  const [name, { const: value }] = constOf(kind) ?? [own[0]?.[0] ?? "", {}];
  const which = value === undefined ? "" : ` with ${name}: ${String(value)}`;
  const title = which === "" ? `${place} with ${name}` : `${place}${which}`;
  const ownKeys = { properties: Object.fromEntries(own), required: kind.required ?? [] };
  shown.set(keysOf(ownKeys), title);
  return [
    `#### ${title}`,
    tableOf(ownKeys),
    ...withoutText(lacking(kind, new Set(Object.keys(shared.properties ?? {})))),
    ...own.flatMap(([key, child]) => belowOf(`${place}.${key}`, child, which)),
  ];
}

/** What tells one object from another. */
function keysOf({ properties = {}, required = [] }: Node): string {
  return JSON.stringify([properties, required.filter((key) => key in properties)]);
}

/** The key that says which kind it is, where one does. */
function constOf({ properties = {} }: Node): [key: string, child: Node] | undefined {
  return Object.entries(properties).find(([, child]) => child.const !== undefined);
}

function lacking({ properties = {} }: Node, keys: ReadonlySet<string>): string[] {
  return [...keys].filter((key) => properties[key] === undefined);
}

function withoutText(keys: readonly string[]): string[] {
  return keys.length === 0 ? [] : [`Without ${keys.map((key) => `\`${key}\``).join(", ")}.`];
}

function tableOf({ properties = {}, required = [] }: Node): string {
  const rows = Object.entries(properties).map(([key, node]) => {
    const name = required.includes(key) ? `**\`${key}\`**` : `\`${key}\``;
    return `| ${name} | ${cell(kindOf(node))} | ${cell(node.description ?? "")} | ${examplesOf(node)} |`;
  });
  return ["| key | value | meaning | example |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** In words. */
function kindOf(written: Node): string {
  const node = resolved(written);
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(" ");
  if (node.title !== undefined) return node.title;
  const variants = variantsOf(node);
  if (variants.length > 0) return [...new Set(variants.map(kindOf))].join(" or ");
  if (node.type === "array") return listKind(node);
  if (node.properties !== undefined) return "object";
  if (isMap(node)) return "map by name";
  if (node.type === "integer" || node.type === "number") return numberKind(node);
  if (node.type === "boolean") return "`true` `false`";
  if (node.pattern?.includes("kb") === true) return "bytes";
  return node.type === "string" ? "text" : "any value";
}

function listKind({ items }: Node): string {
  if (!isNode(items)) return `[${(items ?? []).map(kindOf).join(", ")}]`;
  const kind = kindOf(items);
  if (kind === "step") return "list of steps";
  return objectsWithin(items).length > 0 ? "list of objects" : `list of ${kind}`;
}

function numberKind({ type, minimum, exclusiveMinimum, maximum }: Node): string {
  const word = type === "integer" ? "whole number" : "number";
  if (minimum === Number.MIN_SAFE_INTEGER) return "bytes";
  const from = minimum ?? exclusiveMinimum;
  if (from === undefined || maximum === undefined) return word;
  const bound = minimum === undefined ? `more than ${from}, at most` : `${from} to`;
  return `${word}, ${bound} ${maximum.toLocaleString("en-US")}`;
}

/** What a value may be, without the placeholder that any number or switch may be as well. */
function variantsOf({ anyOf = [], oneOf = [] }: Node): Node[] {
  return [...anyOf, ...oneOf].filter(({ pattern }) => pattern !== "^\\{\\{.*\\}\\}$");
}

function isNode(value: Node | readonly Node[] | boolean | undefined): value is Node {
  return typeof value === "object" && !Array.isArray(value);
}

function isMap(node: Node): boolean {
  return node.properties === undefined && isNode(node.additionalProperties);
}

/** As many as fit. */
function examplesOf({ examples = [] }: Node): string {
  let room = MAX_EXAMPLE_CHARS;
  const shown = examples.map(flow).filter((text, at) => {
    room -= text.length;
    return at === 0 || room > 0;
  });
  return shown.map((text) => `\`${cell(text)}\``).join(" ");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
