/**
 * The fast path of reply matching: conjunctions of `m.a.b == 'literal'` and `m.a == sent.b`, judged by
 * plain property access. Called by expression.ts only, with the syntax tree that CEL parsed.
 * Invariant: an answer other than undefined is the one CEL would give; where the rules of equality are
 * subtle (lists, maps) it gives none, and the caller asks CEL. One difference is meant: the CEL library
 * does not look into maps that have a key `constructor`, and this does.
 */

/** The part of a CEL syntax tree that is looked at. */
export interface SyntaxNode {
  readonly op: string;
  readonly args: unknown;
}

export type Literal = string | number | boolean | null;

/** A field of the reply that must equal a literal, or a field of what was sent. */
export interface FieldComparison {
  /** Of `m` itself, not of a map inside it. */
  readonly field: string;
  /** Of `sent` itself; null when `literal` is compared with. */
  readonly sentField: string | null;
  readonly literal: Literal;
}

/** One comparison; `other` is a path when `otherRoot` is not "literal". */
interface Comparison {
  readonly root: Root;
  readonly path: readonly string[];
  readonly otherRoot: Root | "literal";
  readonly otherPath: readonly string[];
  readonly literal: Literal;
}
type Root = "m" | "sent";

export class Conjunction {
  readonly #comparisons: readonly Comparison[];
  /**
   * The whole conjunction, when all it reads are fields of `m` itself, each once, and at most one field of `sent`; else
   * null. Who can tell these fields without parsing the message needs nothing else of it.
   */
  readonly fields: readonly FieldComparison[] | null;

  constructor(comparisons: readonly Comparison[]) {
    this.#comparisons = comparisons;
    this.fields = fieldsOf(comparisons);
  }

  /**
   * false when a comparison is false, else null when a field is missing, else true (CEL's && does not mind
   * the order); undefined when it cannot tell.
   */
  judge(m: unknown, sent: unknown): boolean | null | undefined {
    let missing = false;
    let unsure = false;
    const comparisons = this.#comparisons;
    for (let i = 0; i < comparisons.length; i++) {
      const comparison = comparisons[i] as Comparison;
      const left = read(comparison.root === "m" ? m : sent, comparison.path);
      const right =
        comparison.otherRoot === "literal"
          ? comparison.literal
          : read(comparison.otherRoot === "m" ? m : sent, comparison.otherPath);
      if (left === undefined || right === undefined) missing = true;
      else if (
        typeof left === "object" &&
        typeof right === "object" &&
        left !== null &&
        right !== null
      ) {
        unsure = true;
      } else if (left !== right) return false;
    }
    if (unsure) return undefined;
    return missing ? null : true;
  }
}

/** The own property at `path`, through maps only; undefined when it is not there. */
function read(from: unknown, path: readonly string[]): unknown {
  let value = from;
  for (let i = 0; i < path.length; i++) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const name = path[i] as string;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function fieldsOf(comparisons: readonly Comparison[]): readonly FieldComparison[] | null {
  const fields: FieldComparison[] = [];
  for (const comparison of comparisons) {
    const { root, path, otherRoot, otherPath, literal } = comparison;
    const isSwapped = root === "sent" && otherRoot === "m";
    const [read, compared] = isSwapped ? [otherPath, path] : [path, otherPath];
    const [field = ""] = read;
    const isPair = (root === "m" && otherRoot !== "m") || isSwapped;
    if (!isPair || read.length !== 1 || compared.length > 1) return null;
    const sentField = otherRoot === "literal" ? null : (compared[0] ?? "");
    fields.push({ field, sentField, literal });
  }
  const sentFields = new Set(fields.map(({ sentField }) => sentField ?? ""));
  sentFields.delete("");
  const isOnceEach = new Set(fields.map(({ field }) => field)).size === fields.length;
  return isOnceEach && sentFields.size <= 1 ? fields : null;
}

/** The conjunction in a syntax tree, or null when the tree is anything else. */
export function compileConjunction(ast: SyntaxNode): Conjunction | null {
  const comparisons: Comparison[] = [];
  return collect(ast, comparisons) ? new Conjunction(comparisons) : null;
}

/** A path into `m` or `sent`, and nothing else. */
export interface FieldPath {
  /** undefined when the field is missing. */
  read(m: unknown, sent: unknown): unknown;
}

/** null when the tree is anything but such a path. */
export function compilePath(ast: SyntaxNode): FieldPath | null {
  const path = fieldPath(ast);
  if (path === null) return null;
  const { root, names } = path;
  return { read: (m, sent) => read(root === "m" ? m : sent, names) };
}

function collect(node: SyntaxNode, into: Comparison[]): boolean {
  const [left, right] = Array.isArray(node.args) ? (node.args as SyntaxNode[]) : [];
  if (left === undefined || right === undefined) return false;
  if (node.op === "&&") return collect(left, into) && collect(right, into);
  if (node.op !== "==") return false;
  const comparison = compare(left, right) ?? compare(right, left);
  if (comparison !== null) into.push(comparison);
  return comparison !== null;
}

function compare(left: SyntaxNode, right: SyntaxNode): Comparison | null {
  const path = fieldPath(left);
  if (path === null) return null;
  const literal = literalOf(right);
  if (literal !== undefined) {
    return { root: path.root, path: path.names, otherRoot: "literal", otherPath: [], literal };
  }
  const other = fieldPath(right);
  if (other === null) return null;
  return {
    root: path.root,
    path: path.names,
    otherRoot: other.root,
    otherPath: other.names,
    literal: null,
  };
}

function fieldPath(node: SyntaxNode): { root: Root; names: readonly string[] } | null {
  const names: string[] = [];
  let at = node;
  while (at.op === ".") {
    const [base, name] = at.args as [SyntaxNode, string];
    names.unshift(name);
    at = base;
  }
  if (at.op !== "id" || names.length === 0 || (at.args !== "m" && at.args !== "sent")) return null;
  return { root: at.args, names };
}

/** The value of a literal that JavaScript compares as CEL does; undefined for others. */
function literalOf(node: SyntaxNode): Literal | undefined {
  if (node.op === "-_") {
    const value = literalOf(node.args as SyntaxNode);
    return typeof value === "number" ? -value : undefined;
  }
  if (node.op !== "value") return undefined;
  const value = node.args;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return value;
  if (typeof value !== "bigint") return undefined;
  return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
}
