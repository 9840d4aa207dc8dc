/**
 * References in placeholders: `vars.x`, `env.X`, `data.table.column`, and the same in brackets for names that are no
 * words, such as data.users["first name"]. Called by placeholder.ts. Invariant: a reference that leads nowhere is a
 * fault with a suggestion, however it is written.
 */
import type { StrictDataTable, StrictScenario } from "../strict.ts";
import { didYouMean } from "../suggest.ts";
import { quoted } from "../units.ts";
import { TemplateError } from "./template-error.ts";

/** What templates may refer to; a StrictScenario is one. */
export interface TemplateScope extends Pick<StrictScenario, "vars" | "env" | "data" | "captures"> {
  /** There is a message that is answered: `m`. */
  readonly hasMessage?: boolean;
}

/** What conn has of itself; what was captured comes beside it. */
export const CONN_FIELDS: readonly string[] = ["index", "id", "attempt"];
const WORD = "[\\p{L}_][\\p{L}\\p{N}_-]*";
const HEAD = new RegExp(`^\\s*(${WORD})`, "u");
const STEP = new RegExp(
  `\\s*(?:\\.\\s*(${WORD})|\\[\\s*(?:"([^"\\\\]*)"|'([^'\\\\]*)')\\s*\\])`,
  "uy",
);

/** ["data", "users", "first name"] for data.users["first name"]; null for anything but a reference. */
export function referencePath(text: string): readonly string[] | null {
  const head = HEAD.exec(text);
  if (head === null) return null;
  const path = [head[1] ?? ""];
  const end = text.trimEnd().length;
  let at = head[0].length;
  while (at < end) {
    STEP.lastIndex = at;
    const step = STEP.exec(text);
    if (step === null) return null;
    path.push(step[1] ?? step[2] ?? step[3] ?? "");
    at = STEP.lastIndex;
  }
  return path.length === 1 ? null : path;
}

/** How a column is written: data.users.name, data.users["first name"]. */
function written(table: string, column: string): string {
  const step = /^[A-Za-z_][A-Za-z0-9_-]*$/.test(column)
    ? `.${column}`
    : `[${JSON.stringify(column)}]`;
  return `data.${table}${step}`;
}

/** @throws TemplateError when a path into vars, env, data or conn leads nowhere. */
export function checkReference(path: readonly string[], scope: TemplateScope): void {
  const [root = "", name] = path;
  if (name === undefined) return;
  if (root === "vars" && !Object.hasOwn(scope.vars, name)) {
    const names = Object.keys(scope.vars);
    const hint = names.length === 0 ? "the scenario has no vars" : didYouMean(name, names);
    throw new TemplateError(`unknown variable vars.${name}`, 0, hint, `vars.${name}`);
  }
  if (root === "env" && !Object.hasOwn(scope.env, name)) {
    const hint = `set it: ${name}=... onrush run, or -e ${name}=...`;
    throw new TemplateError(`the environment variable ${name} is not set`, 0, hint);
  }
  const isCaptured = root === "conn" && scope.captures.some((one) => one.name === name);
  if (root === "conn" && !isCaptured && !CONN_FIELDS.includes(name)) {
    const names = [...CONN_FIELDS, ...scope.captures.map((one) => one.name)];
    throw new TemplateError(`unknown name conn.${name}`, 0, didYouMean(name, names));
  }
  if (isCaptured) return;
  if (root === "data") checkColumn(checkTable(name, scope), path);
  const whole = root === "data" ? 3 : 2;
  if (["conn", "data"].includes(root) && path.length > whole) {
    const what = `${path.slice(0, whole).join(".")} has no part ${path[whole]}`;
    throw new TemplateError(what, 0, "it is text or a number");
  }
}

/** @throws TemplateError when there is no such table */
export function checkTable(name: string, scope: TemplateScope): StrictDataTable {
  const table = Object.hasOwn(scope.data, name) ? scope.data[name] : undefined;
  if (table !== undefined) return table;
  const tables = Object.keys(scope.data);
  const hint = tables.length === 0 ? "the scenario has no data" : didYouMean(name, tables);
  throw new TemplateError(`unknown data table data.${name}`, 0, hint, `data.${name}`);
}

function checkColumn({ columns }: StrictDataTable, path: readonly string[]): void {
  const [, name = "", column] = path;
  const [first = "column"] = columns;
  if (column === undefined || column === "") {
    throw new TemplateError(`data.${name} needs a column`, 0, `write ${written(name, first)}`);
  }
  if (columns.includes(column)) return;
  const separated = columns.length === 1 && /[;\t|]/.test(first);
  const hint = separated
    ? `its one column is ${quoted(first)}: separate columns by commas`
    : didYouMean(column, columns);
  throw new TemplateError(`the table ${name} has no column ${column}`, 0, hint);
}
