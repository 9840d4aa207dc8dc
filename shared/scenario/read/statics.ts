/**
 * What is known before the run: vars, environment, and placeholders in places that need a value now
 * (durations, names, paths). Called by parse.ts before the schema looks. Invariant: a secret never ends
 * up in a place that is shown or stored, such as a name or a path.
 */

import type * as z from "zod";
import type { Path } from "../issue.ts";
import { MAX_ITEMS } from "../limits.ts";
import { placeOf } from "../shape/marks.ts";
import { isMapping } from "../shape/words.ts";
import { didYouMean } from "../suggest.ts";
import { MAX_ALL_VALUES_CHARS, MAX_VALUE_CHARS } from "../template/expansion.ts";
import { compilePlaceholder } from "../template/placeholder.ts";
import type { TemplateScope } from "../template/reference.ts";
import { scanPieces } from "../template/scan.ts";
import { TemplateError } from "../template/template-error.ts";
import { quoted } from "../units.ts";
import { QUOTE_IT, writtenNumberFault } from "./exact-number.ts";
import type { IssueLog } from "./issue-log.ts";
import type { Overrides } from "./overrides.ts";

type Scalar = string | number | boolean;

export interface Statics {
  readonly vars: Record<string, Scalar>;
  /** Environment variables the file refers to as env.X and that are set. */
  readonly env: Record<string, string>;
  /** Values of secret vars. */
  readonly secrets: string[];
  readonly secretNames: Set<string>;
  /** What is declared and has no value (logged): `vars.x`, and once data are read `data.users`. */
  readonly unresolved: Set<string>;
  /** Characters of all values that were made of placeholders. */
  readonly rendered: { chars: number };
}

export interface StaticsInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides: Overrides;
  readonly log: IssueLog;
  /** Of the scenario: where it has parts that are rendered during the run. */
  readonly shape: z.ZodType;
}

/** Reads vars and environment, then resolves static placeholders in `root`, in place. */
export function resolveStatics(root: Record<string, unknown>, input: StaticsInput): Statics {
  const given = { ...input.env, ...input.overrides.vars };
  const env: Record<string, string> = {};
  for (const name of environmentNames(root)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value !== undefined) env[name] = value;
  }
  const secretNames = new Set<string>();
  const statics: Statics = {
    vars: {},
    env,
    secrets: [],
    secretNames,
    unresolved: new Set(),
    rendered: { chars: 0 },
  };
  const declared = isMapping(root["vars"]) ? root["vars"] : {};
  // More are an issue of the schema.
  for (const [name, value] of Object.entries(declared).slice(0, MAX_ITEMS)) {
    if (isMapping(value) && value["secret"] === true) secretNames.add(name);
    const resolved = resolveVar(name, value, { statics, input, given });
    if (resolved === null) {
      statics.unresolved.add(`vars.${name}`);
      continue;
    }
    statics.vars[name] = resolved;
    if (secretNames.has(name) && resolved !== "") statics.secrets.push(String(resolved));
  }
  checkOverrides(declared, env, input);
  resolveTree(root, [], { statics, log: input.log, shape: input.shape });
  return statics;
}

interface VarScene {
  readonly statics: Statics;
  readonly input: StaticsInput;
  readonly given: Readonly<Record<string, string | undefined>>;
}

/** Value of one var; null when it has none (the reason is logged, here or by the schema). */
function resolveVar(name: string, declared: unknown, scene: VarScene): Scalar | null {
  const { input, statics, given } = scene;
  const override = Object.hasOwn(input.overrides.vars, name)
    ? input.overrides.vars[name]
    : undefined;
  if (override !== undefined) return typed(name, override, { declared, log: input.log });
  if (typeof declared === "string") {
    return declared.includes("{{")
      ? renderStatic(declared, ["vars", name], { statics, log: input.log })
      : declared;
  }
  if (typeof declared === "number" || typeof declared === "boolean") return declared;
  if (!isMapping(declared) || typeof declared["env"] !== "string") return null;
  const variable = declared["env"];
  const value = Object.hasOwn(given, variable) ? given[variable] : undefined;
  if (value !== undefined) return value;
  if (typeof declared["default"] === "string") return declared["default"];
  const what = `the environment variable ${variable} is not set`;
  input.log.add(["vars", name, "env"], what, `set it, or pass -e ${name}=...`);
  return null;
}

/** The text of `-e name=text` as the type the file declares. */
function typed(
  name: string,
  text: string,
  { declared, log }: { readonly declared: unknown; readonly log: IssueLog },
): Scalar | null {
  const option = `-e ${name}`;
  if (typeof declared === "number") {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    const fault = Number.isNaN(value)
      ? { what: `${quoted(text)} is not a number`, hint: "pass a number" }
      : writtenNumberFault(text.trim(), value);
    if (fault === null) return value;
    const hint = fault.hint.replace(QUOTE_IT, "quote the value in the file, which makes it text");
    log.addOption(option, `the var is a number in the file: ${fault.what}`, hint);
    return null;
  }
  if (typeof declared === "boolean") {
    if (text === "true" || text === "false") return text === "true";
    log.addOption(option, "the var is true or false in the file", "pass true or false");
    return null;
  }
  return text;
}

/** An override that changes nothing is a mistake, most often in its name. */
function checkOverrides(
  declared: Record<string, unknown>,
  env: Readonly<Record<string, string>>,
  input: StaticsInput,
): void {
  const sources = Object.values(declared).map((value) => (isMapping(value) ? value["env"] : null));
  for (const name of Object.keys(input.overrides.vars)) {
    if (Object.hasOwn(declared, name) || Object.hasOwn(env, name) || sources.includes(name))
      continue;
    const hint = didYouMean(name, [...Object.keys(declared), ...Object.keys(env)]);
    input.log.addOption(`-e ${name}`, `the scenario has no var ${name} and no env.${name}`, hint);
  }
}

interface Scene {
  readonly statics: Statics;
  readonly log: IssueLog;
  /** The text may hold secrets. */
  readonly isUnshown?: boolean;
}

interface TreeScene extends Scene {
  readonly shape: z.ZodType;
}

function resolveTree(node: unknown, path: Path, scene: TreeScene): void {
  if (typeof node !== "object" || node === null) return;
  for (const [name, child] of Object.entries(node)) {
    const key = Array.isArray(node) ? Number(name) : name;
    const at = [...path, key];
    if (typeof child !== "string") resolveTree(child, at, scene);
    else if (child.includes("{{")) {
      const { isStatic, isUnshown } = placeOf(scene.shape, at);
      if (!isStatic) continue;
      const value = renderStatic(child, at, { ...scene, isUnshown });
      if (value !== null) (node as Record<string | number, unknown>)[key] = value;
    }
  }
}

/** A placeholder that is the whole text keeps its type. Null when it cannot be resolved (logged). */
function renderStatic(text: string, path: Path, scene: Scene): Scalar | null {
  const { statics, log, isUnshown } = scene;
  const scope: TemplateScope = { vars: statics.vars, env: statics.env, data: {}, captures: [] };
  try {
    const values: Scalar[] = [];
    let chars = 0;
    for (const piece of scanPieces(text)) {
      const offset = "literal" in piece ? 0 : piece.offset;
      if ("literal" in piece) values.push(piece.literal);
      else {
        const value = resolvePlaceholder(piece, scope);
        if (path[0] === "vars") spreadSecret(piece.source, path, statics);
        else if (isUnshown !== true || !PLAIN_VAR.test(piece.source)) refuseSecret(piece, statics);
        values.push(value);
      }
      chars = withinBounds(chars + String(values.at(-1)).length, offset, statics);
    }
    statics.rendered.chars += chars;
    const [only] = values;
    return values.length === 1 && only !== undefined ? only : values.join("");
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    if (error.unknown !== null && statics.unresolved.has(error.unknown)) log.mark(path);
    else log.add(path, error.message, error.hint, { inside: error.offset });
    return null;
  }
}

/** @throws TemplateError when a value becomes too long. */
function withinBounds(chars: number, offset: number, { rendered }: Statics): number {
  const hint = "it is made of placeholders that are long themselves";
  if (chars > MAX_VALUE_CHARS) {
    const what = `the value becomes longer than ${MAX_VALUE_CHARS} characters`;
    throw new TemplateError(what, offset, hint);
  }
  if (rendered.chars + chars > MAX_ALL_VALUES_CHARS) {
    const what = `all values together become longer than ${MAX_ALL_VALUES_CHARS} characters`;
    throw new TemplateError(what, offset, hint);
  }
  return chars;
}

function resolvePlaceholder(
  piece: { source: string; offset: number },
  scope: TemplateScope,
): Scalar {
  const placeholder = shifted(piece, scope);
  if (placeholder.kind === "constant") return placeholder.value;
  const what = `${piece.source.trim()} has no value before the run`;
  throw new TemplateError(what, piece.offset, "here only vars and env can be used");
}

function shifted(piece: { source: string; offset: number }, scope: TemplateScope) {
  try {
    return compilePlaceholder(piece.source, scope);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw error.shifted(piece.offset);
  }
}

function refuseSecret(piece: { source: string; offset: number }, statics: Statics): void {
  const name = secretIn(piece.source, statics.secretNames);
  if (name === null) return;
  const what = `the secret vars.${name} would be shown here`;
  throw new TemplateError(what, piece.offset, "use it in headers, the URL or messages only");
}

/** A var made from a secret is one. */
function spreadSecret(source: string, path: Path, statics: Statics): void {
  if (secretIn(source, statics.secretNames) === null) return;
  statics.secretNames.add(String(path[1]));
}

/** As it is: written back it is the same reference. */
const PLAIN_VAR = /^\s*vars\.\w+\s*$/;

const VAR_READ = /\bvars\b(?:\s*\.\s*(\w+)|\s*\[\s*(?:"(\w+)"|'(\w+)')\s*\])?/g;

/** The secret var a placeholder reads, or may read; null when it is none. */
export function secretIn(source: string, secretNames: ReadonlySet<string>): string | null {
  for (const [, dotted, double, single] of source.matchAll(VAR_READ)) {
    const name = dotted ?? double ?? single;
    // Without a plain name it may read any of them.
    if (name === undefined) return secretNames.values().next().value ?? null;
    if (secretNames.has(name)) return name;
  }
  return null;
}

const ENV_READ = /\benv\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*(?:"([^"]*)"|'([^']*)')\s*\])/g;

/** Names X in `env.X` and `env["X"]` within placeholders anywhere in the document. */
function environmentNames(node: unknown, names = new Set<string>()): Set<string> {
  if (typeof node === "string") {
    for (const inner of betweenBraces(node)) {
      for (const [, dotted, double, single] of inner.matchAll(ENV_READ)) {
        names.add(dotted ?? double ?? single ?? "");
      }
    }
  } else if (typeof node === "object" && node !== null) {
    for (const [key, child] of Object.entries(node)) {
      environmentNames(key, names);
      environmentNames(child, names);
    }
  }
  return names;
}

/** What stands between `{{` and the next `}}`. One pass: braces that never close are not looked for again. */
function* betweenBraces(text: string): Generator<string> {
  let at = text.indexOf("{{");
  while (at >= 0) {
    const end = text.indexOf("}}", at + 2);
    if (end < 0) return;
    yield text.slice(at + 2, end);
    at = text.indexOf("{{", end + 2);
  }
}
