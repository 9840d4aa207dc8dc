/**
 * The YAML door: text -> plain values that remember where they stand. Called by parse.ts only.
 * Invariant: hostile text costs bounded time, memory and stack. Nesting is measured on the token
 * stream, before the recursive composer sees it; aliases are counted while they are expanded; keys
 * that could reach a prototype never become properties.
 */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
} from "yaml";
import type { Path } from "../issue.ts";
import { quoted } from "../units.ts";
import { numberFault, writtenNumberFault } from "./exact-number.ts";
import { ALIAS_HINT, checkTokens, type Flaw, lastQuote, MAX_ALIASES, MAX_DEPTH } from "./tokens.ts";

export const MAX_NODES = 100_000;
export const FORBIDDEN_KEYS: readonly string[] = ["__proto__", "constructor", "prototype"];

export interface YamlDocument {
  /** Plain JSON-like value; mappings are ordinary objects. undefined when nothing could be read. */
  readonly value: unknown;
  readonly flaws: readonly Flaw[];
  /** Offset of the value at `path` (or of the nearest ancestor that exists), of its key with `key`. */
  locate(path: Path, part: "key" | "value"): number;
  /** Offset in the text of character `index` of the string at `path`. */
  locateInside(path: Path, index: number): number;
  /** Line and column of an offset, from 1. */
  place(offset: number): { line: number; column: number };
}

const TAGS = ["str", "int", "float", "bool", "null", "map", "seq"].map(
  (name) => `tag:yaml.org,2002:${name}`,
);

/**
 * Reads one YAML 1.2 (or JSON) document. Never throws.
 * @param at where in a scenario it will stand, when it is a part of one
 */
export function readDocument(text: string, at: Path = []): YamlDocument {
  const counter = new LineCounter();
  const flaws: Flaw[] = [];
  const tooMuch = checkTokens(text);
  if (tooMuch !== null) {
    flaws.push(tooMuch);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
      counter.addNewLine(at + 1);
    }
    counter.lineStarts.unshift(0);
    return view(undefined, text, counter, { value: undefined, flaws });
  }
  const document = parseDocument(text, {
    lineCounter: counter,
    version: "1.2",
    schema: "core",
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "error",
  });
  const errors = [...document.errors, ...document.warnings].filter(
    (error) => error.code !== "TAG_RESOLVE_FAILED",
  );
  const broken = document.errors.length > 0 && errors.length > 0;
  // One per line: what follows on the same line is most often a consequence.
  const byLine = new Map(
    errors.reverse().map((error) => [counter.linePos(error.pos[0]).line, error] as const),
  );
  for (const error of byLine.values()) flaws.push(explain(error, text));
  const value = broken ? undefined : new Converter(document, flaws).convertRoot(at);
  return view(document, text, counter, { value, flaws });
}

/** What the YAML parser says, in our words where they are clearer. */
function explain(error: YAMLError, text: string): Flaw {
  const offset = error.pos[0];
  const flaw = (what: string, hint: string): Flaw => ({ offset, path: [], what, hint });
  const lineFrom = text.lastIndexOf("\n", offset - 1) + 1;
  switch (error.code) {
    case "TAB_AS_INDENT":
      return flaw("a tab is used for indentation", "YAML indents with spaces only");
    case "MULTIPLE_DOCS":
      return flaw("more than one document in the file", "keep one scenario per file, without ---");
    case "MISSING_CHAR": {
      const quote = /^Missing closing (["'])/.exec(error.message)?.[1];
      if (quote === undefined) return flaw(`syntax error: ${error.message}`, "");
      const what = `the text is not closed with ${quote}`;
      return { ...flaw(what, "add the closing quote"), offset: lastQuote(text, quote) };
    }
    default:
      if (/^ *\t/.test(text.slice(lineFrom, offset + 1))) {
        return flaw("a tab is used for indentation", "YAML indents with spaces only");
      }
      return flaw(`syntax error: ${error.message.split("\n")[0] ?? ""}`, "");
  }
}

/** Nodes -> plain values, counting as it goes. */
class Converter {
  private nodes = 0;
  private aliases = 0;
  private full = false;
  private readonly open = new Set<Node>();
  private readonly document: Document.Parsed;
  private readonly flaws: Flaw[];

  constructor(document: Document.Parsed, flaws: Flaw[]) {
    this.document = document;
    this.flaws = flaws;
  }

  convertRoot(at: Path): unknown {
    const value = this.convert(this.document.contents, at);
    return this.full ? undefined : value;
  }

  private flaw(node: Node | null, path: Path, [what, hint]: readonly [string, string]): void {
    this.flaws.push({ offset: node?.range?.[0] ?? 0, path, what, hint });
  }

  private convert(node: Node | null, path: Path): unknown {
    if (this.full || node === null) return null;
    this.nodes++;
    if (this.nodes > MAX_NODES || path.length > MAX_DEPTH) {
      this.full = true;
      const what = this.nodes > MAX_NODES ? "the document is too large" : "nested too deeply";
      this.flaw(node, path, [this.aliases > 0 ? `aliases expand too far: ${what}` : what, ""]);
      return null;
    }
    if (isAlias(node)) return this.expand(node, path);
    if (node.tag !== undefined && !TAGS.includes(node.tag)) {
      this.flaw(node, path, ["custom tags are not allowed", "remove the !tag"]);
      return null;
    }
    if (isSeq<Node>(node))
      return node.items.map((item, index) => this.convert(item, [...path, index]));
    if (isMap<Node, Node | null>(node)) return this.convertMap(node.items, path);
    if (isScalar(node)) return this.convertScalar(node, path);
    return null;
  }

  private expand(node: Node, path: Path): unknown {
    if (!isAlias(node)) return null;
    const target = node.resolve(this.document);
    if (++this.aliases > MAX_ALIASES) {
      this.full = true;
      const what = `aliases expand too far: more than ${MAX_ALIASES} of them`;
      this.flaw(node, path, [what, ALIAS_HINT]);
      return null;
    }
    if (target === undefined) {
      const hint = "define it with &name, or quote the text";
      this.flaw(node, path, ["the alias has no anchor before it", hint]);
      return null;
    }
    if (this.open.has(target)) {
      this.flaw(node, path, ["the alias contains itself", "write the value out"]);
      return null;
    }
    this.open.add(target);
    const value = this.convert(target, path);
    this.open.delete(target);
    return value;
  }

  private convertMap(items: readonly Pair<Node, Node | null>[], path: Path): unknown {
    const result: Record<string, unknown> = {};
    for (const pair of items) {
      const key = isScalar(pair.key) ? keyText(pair.key) : null;
      if (key === null) {
        this.flaw(pair.key ?? null, path, ["a key must be plain text", ""]);
      } else if (FORBIDDEN_KEYS.includes(key)) {
        this.flaw(pair.key, [...path, key], [`the key ${quoted(key)} is not allowed`, ""]);
      } else if (key === "<<") {
        this.flaw(pair.key, path, ["merge keys (<<) are not part of YAML 1.2", ALIAS_HINT]);
      } else if (Object.hasOwn(result, key)) {
        this.flaw(pair.key, [...path, key], [`duplicate key ${quoted(key)}`, "remove one of them"]);
      } else {
        result[key] = this.convert(pair.value, [...path, key]);
      }
    }
    return result;
  }

  private convertScalar(node: Node & { value: unknown; source?: string }, path: Path): unknown {
    const value = node.value;
    if (typeof value !== "number") return typeof value === "string" ? value : (value ?? null);
    // Vars are also put into text, where a number is written in one way only.
    const check = path.length === 2 && path[0] === "vars" ? writtenNumberFault : numberFault;
    const fault = check(node.source ?? String(value), value);
    if (fault === null) return value;
    this.flaw(node, path, [fault.what, fault.hint]);
    return 0;
  }
}

/** Text of a key as written; `null` and numbers are names here, too. */
function keyText(key: Node & { value: unknown; source?: string }): string {
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}

interface Found {
  readonly key: Node | null;
  readonly value: Node | null;
}

function view(
  document: Document.Parsed | undefined,
  text: string,
  counter: LineCounter,
  { value, flaws }: { value: unknown; flaws: readonly Flaw[] },
): YamlDocument {
  const find = (path: Path): Found => {
    let found: Found = { key: null, value: document?.contents ?? null };
    for (const part of path) {
      const next = document === undefined ? null : step(document, found.value, part);
      if (next === null) break;
      found = next;
    }
    return found;
  };
  const locate = (path: Path, part: "key" | "value"): number => {
    const found = find(path);
    const node = part === "key" ? (found.key ?? found.value) : (found.value ?? found.key);
    return node?.range?.[0] ?? 0;
  };
  return {
    value,
    flaws,
    locate,
    locateInside: (path, index) =>
      insideScalar(find(path).value, text, index) ?? locate(path, "value"),
    place: (offset) => {
      const { line, col } = counter.linePos(Math.min(offset, text.length));
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
}

function step(document: Document.Parsed, from: Node | null, part: string | number): Found | null {
  const node = isAlias(from) ? (from.resolve(document) ?? null) : from;
  if (!isCollection(node)) return null;
  if (isSeq<Node>(node)) {
    const item = typeof part === "number" ? node.items[part] : undefined;
    return item === undefined ? null : { key: null, value: item };
  }
  if (!isMap<Node, Node | null>(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && keyText(key) === String(part));
  return pair === undefined ? null : { key: pair.key, value: pair.value };
}

/** Offset of a character inside a scalar that is written as it reads (no escapes, one line); else null. */
function insideScalar(node: Node | null, text: string, index: number): number | null {
  if (!isScalar(node) || typeof node.value !== "string" || !node.range) return null;
  const [start, end] = node.range;
  const from = start + (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE" ? 1 : 0);
  const asWritten = text.slice(from, Math.min(end, from + node.value.length)) === node.value;
  return asWritten ? from + Math.min(index, node.value.length) : null;
}
