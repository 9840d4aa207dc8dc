/**
 * What the schema found, in the words of a scenario's author: unknown keys with a suggestion, keys of
 * other tools, missing keys, wrong types. Called by parse.ts. Invariant: of a union only the variant
 * that the author meant is reported.
 */
import type * as z from "zod";
import { formatPath, type Path } from "../issue.ts";
import { otherWord } from "../other-words.ts";
import { describe, HINT } from "../shape/words.ts";
import { didYouMean } from "../suggest.ts";
import { quoted } from "../units.ts";
import type { IssueLog, Spot } from "./issue-log.ts";

type ZodIssue = z.core.$ZodIssue;

/** Keys of one mapping that are looked at; the log holds no more issues than this. */
const MAX_UNKNOWN = 1000;

/** Adds the issues of a failed schema check on what lies in `root` at `base` to the log. */
export function addShapeIssues(
  issues: readonly ZodIssue[],
  root: unknown,
  log: IssueLog,
  base: Path = [],
): void {
  const scene = { root, log, mistyped: new Set<string>() };
  for (const issue of issues) report(issue, base, scene);
}

interface Scene {
  readonly root: unknown;
  readonly log: IssueLog;
  /** Formatted paths of mappings with unknown keys. */
  readonly mistyped: Set<string>;
}

function report(issue: ZodIssue, base: Path, scene: Scene): void {
  const path = [
    ...base,
    ...issue.path.map((part) => (typeof part === "number" ? part : String(part))),
  ];
  const { log } = scene;
  if (log.hasAt(path) && issue.code !== "unrecognized_keys") return;
  const value = valueAt(scene.root, path);
  switch (issue.code) {
    case "unrecognized_keys":
      for (const key of issue.keys.slice(0, MAX_UNKNOWN))
        reportUnknown(key, path, { known: issue.message.split(","), log });
      scene.mistyped.add(formatPath(path));
      return;
    case "invalid_key":
      for (const { message } of issue.issues) add(log, path, { message, part: "key" });
      return;
    case "custom":
      // Without params it is about a whole: what that lacks may be what a mistyped key was meant to be.
      if (issue.params !== undefined || !scene.mistyped.has(formatPath(path)))
        add(log, path, { message: issue.message, ...issue.params });
      return;
  }
  if (value === undefined) reportMissing(path, log);
  else if (issue.message.includes(HINT)) add(log, path, issue);
  else reportBuiltIn(issue, path, { value, scene });
}

/** What zod itself finds. */
function reportBuiltIn(
  issue: ZodIssue,
  path: Path,
  { value, scene }: { readonly value: unknown; readonly scene: Scene },
): void {
  const { log } = scene;
  switch (issue.code) {
    case "invalid_union":
      reportUnion(issue, path, { value, scene });
      return;
    case "invalid_type": {
      const what = `expected ${typeName(issue.expected)}, got ${describe(value)}`;
      log.add(path, what, typeHint(issue.expected, value));
      return;
    }
    case "invalid_value":
      reportValue(path, issue.values.map(String), { value, log });
      return;
    case "too_small":
    case "too_big":
      log.add(path, bound(issue, value), "");
      return;
    default:
      if (log.isSound(path)) add(log, path, issue);
  }
}

function add(log: IssueLog, path: Path, issue: { readonly message: string } & Spot): void {
  const [what = "", hint = ""] = issue.message.split(HINT);
  log.add(path, what, hint, issue);
}

function reportUnknown(
  key: string,
  parent: Path,
  { known, log }: { readonly known: readonly string[]; readonly log: IssueLog },
): void {
  const path = [...parent, key];
  if (log.hasAt(path)) return;
  log.add(path, `unknown key ${quoted(key)}`, otherWord(key) || didYouMean(key, known), {
    part: "key",
  });
}

function reportMissing(path: Path, log: IssueLog): void {
  const key = String(path.at(-1) ?? "");
  log.add(path, `missing key ${key}`, `add ${key}: ...`);
}

function reportValue(
  path: Path,
  known: readonly string[],
  { value, log }: { readonly value: unknown; readonly log: IssueLog },
): void {
  const name = String(path.at(-1) ?? "value");
  if (typeof value === "string") {
    const what =
      typeof path.at(-1) === "number"
        ? `value ${quoted(value)} in ${String(path.at(-2))}`
        : `${name} ${quoted(value)}`;
    log.add(path, `unknown ${what}`, didYouMean(value, known));
  } else {
    log.add(path, `expected ${known.join(" or ")}, got ${describe(value)}`, "");
  }
}

function reportUnion(
  issue: ZodIssue & { readonly code: "invalid_union" },
  path: Path,
  { value, scene }: { readonly value: unknown; readonly scene: Scene },
): void {
  const { log } = scene;
  // The variant that accepts this type of value; its issues are below the value, or about its content.
  const fitting = issue.errors.find((inner) => !inner.some((at) => isWrongType(at)));
  if (fitting !== undefined) {
    for (const inner of fitting) report(inner, path, scene);
    return;
  }
  const expected = new Set(issue.errors.flat().map((inner) => expectation(inner)));
  const names = [...expected].filter((name) => name !== "");
  const known = issue.errors
    .flat()
    .flatMap((inner) => (inner.code === "invalid_value" ? inner.values : []));
  if (typeof value === "string" && known.length > 0) {
    reportValue(path, known.map(String), { value, log });
  } else log.add(path, `expected ${names.join(" or ")}, got ${describe(value)}`, "");
}

function isWrongType(issue: ZodIssue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_type") return !issue.message.includes(HINT);
  return issue.code === "invalid_value";
}

function bound(issue: ZodIssue & { code: "too_small" | "too_big" }, value: unknown): string {
  const least = issue.code === "too_small";
  const limit = String(least ? issue.minimum : issue.maximum);
  if (issue.origin === "string") {
    if (least && limit === "1") return "the text is empty";
    return `must be ${least ? "at least" : "at most"} ${limit} characters long`;
  }
  if (issue.origin === "array") {
    if (least && limit === "1") return "the list is empty";
    return `must have ${least ? "at least" : "at most"} ${limit} items`;
  }
  const relation =
    issue.inclusive === false
      ? least
        ? "more than"
        : "less than"
      : least
        ? "at least"
        : "at most";
  return `must be ${relation} ${limit}, got ${describe(value)}`;
}

function expectation(issue: ZodIssue): string {
  if (issue.code === "invalid_type") return typeName(issue.expected);
  if (issue.code === "invalid_value") return issue.values.map(String).join(" or ");
  return "";
}

/** How a value of one type becomes one of another. */
function typeHint(expected: string, value: unknown): string {
  if (expected === "string" && ["number", "boolean"].includes(typeof value)) {
    return `put it in quotes: "${String(value)}"`;
  }
  if (typeof value !== "string") return "";
  if (["number", "int"].includes(expected) && /^-?\d+(\.\d+)?$/.test(value)) {
    return `write ${value} without quotes; from the environment: {{int(env.NAME)}}`;
  }
  return expected === "boolean" && /^(true|false)$/.test(value)
    ? `write ${value} without quotes; from the environment: {{env.NAME == 'true'}}`
    : "";
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
