/**
 * The tables of docs/scenario.md, made from the JSON Schema of scenario files. Called by write-scenario-reference.ts and
 * by the test that holds the document to them. Invariant: every key of the schema is in them once, with its description,
 * and with the example that the schema gives.
 */
import { jsonSchema } from "../../shared/scenario/schema.ts";

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
  const definitions = Object.entries(root.definitions ?? {});
  defined = new Map(definitions.map(([name, node]) => [`#/definitions/${name}`, node]));
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
  return ["## The file", ...sectionsOf("", root), ...own].join("\n\n");
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

function belowOf(path: string, written: Node): string[] {
  const node = resolved(written);
  const objects = objectsWithin(node);
  if (objects.length === 0) return [];
  const place = node.type === "array" ? `${path}[]` : isMap(node) ? `${path}.NAME` : path;
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
  const [first] = kinds;
  const common = Object.entries(first?.properties ?? {}).filter(([key, child]) => {
    return kinds.filter((kind) => hasSame(kind, key, child)).length > kinds.length / 2;
  });
  const keys = new Set(common.map(([key]) => key));
  const lacking = (kind: Node) => [...keys].filter((key) => kind.properties?.[key] === undefined);
  const intro = kinds.some((kind) => lacking(kind).length > 0)
    ? "All kinds have these keys, but where something else is said:"
    : "All kinds have these keys:";
  const shared: Node = {
    properties: Object.fromEntries(common),
    required: (first?.required ?? []).filter((key) => keys.has(key)),
  };
  const below = common.flatMap(([key, child]) => belowOf(`${place}.${key}`, child));
  // What several have is told once.
  const shown = new Set<string>();
  const sections = kinds.flatMap((kind) => {
    const own = Object.entries(kind.properties ?? {}).filter(
      ([key, child]) => !keys.has(key) || !hasSame(shared, key, child),
    );
    const [name = "", { const: value }] = own.find(([, child]) => child.const !== undefined) ?? [
      "",
      {},
    ];
    return [
      `#### ${place} with ${name}: ${String(value)}`,
      tableOf({ properties: Object.fromEntries(own), required: kind.required ?? [] }),
      ...withoutText(lacking(kind)),
      ...own.flatMap(([key, child]) => {
        const json = JSON.stringify(child);
        if (name === "" || shown.has(json)) return [];
        shown.add(json);
        return belowOf(`${place}.${key} with ${name}: ${String(value)}`, child);
      }),
    ];
  });
  return [`### ${place}`, intro, tableOf(shared), ...below, ...sections];
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

/** YAML in one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(([key, child]) => `${plain(key)}: ${flow(child)}`);
    return `{ ${pairs.join(", ")} }`;
  }
  return typeof value === "string" ? plain(value) : String(value);
}

function plain(text: string): string {
  const isPlain = /^[A-Za-z0-9][\w./%()-]*( [\w.<>=%-]+)*$/.test(text) && !/^[\d.]+$/.test(text);
  return isPlain || /^wss?:\/\/[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
