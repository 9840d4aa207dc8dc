/**
 * Placeholders: the text between `{{` and `}}`, compiled to one plain record each. Called by template.ts.
 * Invariant: what depends on the scenario alone (vars, env) becomes a constant here; what is left is
 * evaluated per render without looking at text again.
 */
import { compileExpression, type Expression, type Variables } from "../expression/expression.ts";
import { MAX_STEPS } from "../expression/expression-cost.ts";
import { ExpressionError } from "../expression/expression-error.ts";
import { didYouMean } from "../suggest.ts";
import type { Table } from "./data-row.ts";
import { checkReference, checkTable, referencePath, type TemplateScope } from "./reference.ts";
import { TemplateError } from "./template-error.ts";

/** Longest text(min, max) can make, in characters. */
export const MAX_TEXT_CHARS = 65_536;

export type Placeholder =
  | { readonly kind: "constant"; readonly value: string | number | boolean }
  | { readonly kind: (typeof SIMPLE)[number] }
  | { readonly kind: "text" | "int"; readonly min: number; readonly max: number }
  | { readonly kind: "cell"; readonly table: Table; readonly column: number }
  /** What was captured; a position in the scenario's captures. */
  | { readonly kind: "capture"; readonly at: number }
  | {
      readonly kind: "expression";
      readonly expression: Expression;
      readonly scope: ExpressionScope;
      readonly usesUuid: boolean;
      /** Tables it reads. */
      readonly tables: readonly Table[];
      /** Names of the scenario's captures, which conn has. */
      readonly captures: readonly string[];
    };

/** A column of a table that is read; null where it is not known before the run which of them. */
export interface ColumnRead {
  readonly table: Table;
  readonly column: number | null;
}

/** What a placeholder reads of data tables. */
export function columnsOf(placeholder: Placeholder): ColumnRead[] {
  if (placeholder.kind === "cell")
    return [{ table: placeholder.table, column: placeholder.column }];
  if (placeholder.kind !== "expression") return [];
  return placeholder.tables.flatMap((table): ColumnRead | ColumnRead[] => {
    const paths = placeholder.expression.paths.filter(
      ([root, name]) => root === "data" && name === table.name,
    );
    if (paths.length === 0) return { table, column: null };
    return paths.map(([, , name = ""]) => ({ table, column: table.table.columns.indexOf(name) }));
  });
}

/** The unchanging part of what a CEL placeholder sees. */
export interface ExpressionScope {
  readonly vars: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
}

const VARIABLES: Variables = {
  vars: "map",
  env: "map",
  data: "map",
  conn: "map",
  seq: "int",
  now: "int",
  uuid: "string",
};
/** What an answer may read beside them: the message it answers. */
const ANSWER_VARIABLES: Variables = { ...VARIABLES, m: "dyn", text: "string", size: "int" };
const SIMPLE = [
  ...(["conn.index", "conn.id", "conn.attempt", "seq", "now", "uuid"] as const),
  "canary",
] as const;
/** Not known before the run. */
const CHANGING = ["data", "conn", "seq", "now", "uuid", "m", "text", "size"];
const ROOTS = [...Object.keys(VARIABLES), "text", "int", "canary"];

/**
 * Compiles the text of one placeholder.
 * @throws TemplateError; its offset counts from the start of `source`.
 */
export function compilePlaceholder(source: string, scope: TemplateScope): Placeholder {
  const text = source.trim();
  const simple = SIMPLE.find((name) => name === text);
  if (simple !== undefined) return { kind: simple };
  if (text === "") throw new TemplateError("empty placeholder", 0, "write a name: {{vars.x}}");
  const call = /^(text|int)\s*\((.*)\)$/s.exec(text);
  if (call !== null && (call[1] === "text" || call[2]?.includes(","))) {
    return compileRange(call[1] === "text" ? "text" : "int", call[2] ?? "");
  }
  const names = referencePath(text);
  const known = names === null ? null : compileReference(names, scope);
  if (known !== null) return known;
  return compileCel(source, scope);
}

function compileRange(kind: "text" | "int", list: string): Placeholder {
  const parts = list.split(",").map((part) => part.trim());
  const example = kind === "text" ? "text(20,400)" : "int(1,6)";
  if (parts.length !== 2 || !parts.every((part) => /^-?\d{1,15}$/.test(part))) {
    throw new TemplateError(`${kind}() takes two whole numbers`, 0, `such as ${example}`);
  }
  const [min = 0, max = 0] = parts.map(Number);
  if (min > max) throw new TemplateError(`${kind}(${min},${max}) is empty`, 0, "smaller one first");
  if (kind === "text" && (min < 0 || max > MAX_TEXT_CHARS)) {
    throw new TemplateError(`text() makes 0 to ${MAX_TEXT_CHARS} characters`, 0, "");
  }
  if (kind === "int" && max - min >= 2 ** 32) {
    throw new TemplateError("int() chooses among at most 4294967296 numbers", 0, "");
  }
  return { kind, min, max };
}

/** `vars.x`, `env.X`, `data.table.column`; null when CEL shall look at it. */
function compileReference(names: readonly string[], scope: TemplateScope): Placeholder | null {
  const [root = "", name = "", column = ""] = names;
  if (root === "conn" && names.length === 2) {
    const at = scope.captures.findIndex((one) => one.name === name);
    return at < 0 ? null : { kind: "capture", at };
  }
  if (root === "data") {
    checkReference(names.slice(0, 3), scope);
    const table = tablesOf(scope).find((entry) => entry.name === name);
    if (table === undefined || names.length !== 3) return null;
    return { kind: "cell", table, column: table.table.columns.indexOf(column) };
  }
  if ((root !== "vars" && root !== "env") || names.length !== 2) return null;
  const known = scope[root];
  // A minus, where no name has one: vars.rooms-1.
  const [before = ""] = name.split("-");
  if (before !== name && !Object.hasOwn(known, name) && Object.hasOwn(known, before)) return null;
  checkReference(names, scope);
  const value = root === "vars" ? scope.vars[name] : scope.env[name];
  return value === undefined ? null : { kind: "constant", value };
}

function tablesOf(scope: TemplateScope): Table[] {
  return Object.entries(scope.data).map(([name, table], ordinal) => ({ name, ordinal, table }));
}

function compileCel(source: string, scope: TemplateScope): Placeholder {
  const expression = compile(source, scope.hasMessage ? ANSWER_VARIABLES : VARIABLES);
  for (const path of expression.paths) checkReference(path, scope);
  for (const [root, name] of expression.openPaths) {
    if (root === "data" && name !== undefined) checkTable(name, scope);
  }
  const constants: ExpressionScope = { vars: celVars(scope.vars), env: scope.env };
  const { variables } = expression;
  if (!CHANGING.some((name) => variables.has(name))) {
    const value = expression.evaluate({ ...constants });
    if (expression.exceeded) throw tooManySteps();
    return constant(value, source);
  }
  const tables = tablesOf(scope).filter(({ name }) => readsTable(expression, name));
  const usesUuid = variables.has("uuid");
  const captures = scope.captures.map(({ name }) => name);
  return { kind: "expression", expression, scope: constants, usesUuid, tables, captures };
}

function readsTable({ paths, openPaths }: Expression, name: string): boolean {
  const reads = (path: readonly string[]) =>
    path[0] === "data" && (path[1] === undefined || path[1] === name);
  return paths.some(reads) || openPaths.some(reads);
}

/** Whole numbers as CEL wants them. Vars are added one by one while they are resolved, and never change. */
function celVars(vars: TemplateScope["vars"]): ExpressionScope["vars"] {
  const known = converted.get(vars) ?? { count: -1, vars: {} };
  const count = Object.keys(vars).length;
  if (known.count === count) return known.vars;
  const made = Object.fromEntries(
    Object.entries(vars).map(([name, value]) => [
      name,
      typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value,
    ]),
  );
  converted.set(vars, { count, vars: made });
  return made;
}

const converted = new WeakMap<object, { count: number; vars: ExpressionScope["vars"] }>();

export function tooManySteps(): TemplateError {
  const hint = "work on shorter lists and texts";
  return new TemplateError(`the expression takes more than ${MAX_STEPS} steps`, 0, hint);
}

function compile(source: string, variables: Variables): Expression {
  const called = /\b(uuid|now|seq)\s*\(\s*\)/.exec(source);
  if (called !== null) {
    const [, name = ""] = called;
    throw new TemplateError(`${name} is no function`, called.index, `write {{${name}}}`);
  }
  if (/^\s*raw\s*\(/.test(source)) {
    const hint = "in a URL: {{raw(data.users.path)}}; elsewhere values are written as they are";
    throw new TemplateError("raw() stands alone, and in a URL only", 0, hint);
  }
  try {
    return compileExpression(source, variables);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    if (/^\s*\w+\s*$/.test(source)) {
      const hint = didYouMean(source.trim(), ROOTS);
      throw new TemplateError(`unknown name ${source.trim()}`, 0, hint);
    }
    // Three braces, which other template languages have, or one that is the text's own.
    if (source.startsWith("{")) {
      const hint = "two braces are a placeholder: {{vars.x}}; a third one ahead of it is {{'{'}}";
      throw new TemplateError(error.message, error.offset, hint);
    }
    const isUnknown = error.message.includes("overload for '");
    throw new TemplateError(error.message, error.offset, isUnknown ? hintOf(source) : error.hint);
  }
}

/** For a function that does not exist, or not for these values. */
function hintOf(source: string): string {
  if (/\b(text|int)\s*\(/.test(source))
    return "text() and int(min,max) stand alone: {{text(20,400)}}";
  if (/url|encode|escape/i.test(source))
    return "values in a URL are encoded as they are: {{data.users.id}}";
  return /rand|uuid|guid|time|date|now/i.test(source)
    ? "what changes is {{uuid}}, {{now}}, {{text(20,400)}} and {{int(1,6)}}"
    : "";
}

function constant(value: unknown, source: string): Placeholder {
  if (typeof value === "bigint") {
    if (Number.isSafeInteger(Number(value))) return { kind: "constant", value: Number(value) };
    const hint = "keep it as text: quote it, and leave int() out";
    throw new TemplateError("the number is too large to be held exactly", 0, hint);
  }
  const isNumber = typeof value === "number" && Number.isFinite(value);
  if (typeof value === "string" || isNumber || typeof value === "boolean") {
    return { kind: "constant", value };
  }
  const hint = "it must give text, a number, true or false";
  throw new TemplateError(`the placeholder ${source.trim()} has no value`, 0, hint);
}
