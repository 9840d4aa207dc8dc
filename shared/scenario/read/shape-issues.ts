/**
 * What the schema found, in the words of a scenario's author: unknown keys with a suggestion, keys of
 * later versions, missing keys, wrong types. Called by parse.ts. Invariant: of a union only the variant
 * that the author meant is reported.
 */
import type * as z from "zod";
import type { Path } from "../issue.ts";
import { RUN_OUTPUTS } from "../output.ts";
import { HINT } from "../shape/fields.ts";
import { RAMPS } from "../shape/load.ts";
import { didYouMean } from "../suggest.ts";
import { quoted } from "../units.ts";
import type { IssueLog } from "./issue-log.ts";

type ZodIssue = z.core.$ZodIssue;

/** Keys that are planned: they are refused by name, by the pattern of their parent's path. */
const LATER: readonly (readonly [parent: RegExp, keys: readonly string[]])[] = [
  [/^$/, ["flow", "listen", "faults", "hooks"]],
  [/^messages\.mix\.\d+$/, ["sequence"]],
  [/^integrity$/, ["order", "isolation"]],
];

/** Keys of one mapping that are looked at; the log holds no more issues than this. */
const MAX_UNKNOWN = 1000;

const LATER_HINT = "remove it, or use a version of Onrush that has it";

/** Adds the issues of a failed schema check on `root` to the log. */
export function addShapeIssues(issues: readonly ZodIssue[], root: unknown, log: IssueLog): void {
  for (const issue of issues) report(issue, [], { root, log });
}

interface Scene {
  readonly root: unknown;
  readonly log: IssueLog;
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
        reportUnknown(key, path, { known: issue.message, log });
      return;
    case "invalid_union":
      reportUnion(issue, path, scene);
      return;
    case "invalid_type":
      if (value === undefined) reportMissing(path, log);
      else if (issue.message.includes(HINT)) add(log, path, issue.message);
      else {
        const what = `expected ${typeName(issue.expected)}, got ${describe(value)}`;
        log.add(path, what, typeHint(issue.expected, value));
      }
      return;
    case "invalid_value":
      if (value === undefined) reportMissing(path, log);
      else reportValue(path, issue.values.map(String), { value, log });
      return;
    case "too_small":
    case "too_big":
      if (/^load\.\d+\.points\.\d+$/.test(path.join("."))) {
        log.add(
          path,
          `expected ${typeName("tuple")}, got a list of another length`,
          "such as [10s, 500]",
        );
      } else log.add(path, bound(issue, value), "");
      return;
    case "invalid_key":
      for (const inner of issue.issues) {
        const [what = "", hint = ""] = inner.message.split(HINT);
        log.add(path, what, hint, { part: "key" });
      }
      return;
    default:
      // What a whole lacks may be the very part that has an issue, such as a mistyped key.
      if (log.isSound(path)) add(log, path, issue.message);
  }
}

function add(log: IssueLog, path: Path, message: string): void {
  const [what = "", hint = ""] = message.split(HINT);
  log.add(path, what, hint);
}

function reportUnknown(
  key: string,
  parent: Path,
  { known, log }: { readonly known: string; readonly log: IssueLog },
): void {
  const path = [...parent, key];
  if (log.hasAt(path)) return;
  const place = parent.join(".");
  const later = LATER.some(([pattern, keys]) => pattern.test(place) && keys.includes(key));
  if (later) {
    log.add(path, `${key} is not supported by this version`, LATER_HINT, { part: "key" });
  } else {
    // Of a map of outputs the message is not ours: it does not list what it knows.
    const names = /^outputs\.\d+$/.test(place) ? [...RUN_OUTPUTS] : known.split(",");
    const hint = didYouMean(key, names);
    log.add(path, `unknown key ${quoted(key)}`, hint, { part: "key" });
  }
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
  if (path.length === 1 && name === "version") {
    log.add(path, `this program reads version 1, got ${describe(value)}`, "write version: 1");
  } else if (typeof value === "string") {
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
  scene: Scene,
): void {
  const { log } = scene;
  const value = valueAt(scene.root, path);
  if (/^load\.\d+$/.test(path.join("."))) {
    reportPhase(issue, path, scene);
    return;
  }
  if (value === undefined) {
    reportMissing(path, log);
    return;
  }
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

/** The variant of a phase is told by its keys, so that a typo in one key does not hide which was meant. */
function reportPhase(
  issue: ZodIssue & { readonly code: "invalid_union" },
  path: Path,
  scene: Scene,
): void {
  const { log } = scene;
  const value = valueAt(scene.root, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    log.add(
      path,
      `expected a phase, got ${describe(value)}`,
      "such as { phase: steady, hold: 5m }",
    );
    return;
  }
  const ramp = (value as { ramp?: unknown }).ramp;
  const has = (key: string) => Object.hasOwn(value, key);
  const holds = ramp === "hold" || (ramp === undefined && has("hold"));
  const arrives = ramp === "arrivals" || (ramp === undefined && has("arrive"));
  const variant = arrives ? issue.errors[2] : holds ? issue.errors[1] : undefined;
  if (variant !== undefined) {
    for (const inner of variant) report(inner, path, scene);
  } else if (ramp === undefined) {
    const known = ["ramp", "hold", "arrive"];
    log.add(path, "the phase says neither ramp, nor hold, nor arrive", "such as hold: 5m");
    for (const key of Object.keys(value)) {
      if (
        ![
          "phase",
          "exclude",
          "messages",
          "to",
          "over",
          "for",
          "steps",
          "points",
          "stay",
          "arrival",
        ].includes(key)
      ) {
        reportUnknown(key, path, { known: known.join(","), log });
      }
    }
  } else if (typeof ramp !== "string" || !RAMPS.includes(ramp)) {
    reportValue([...path, "ramp"], RAMPS, { value: ramp, log });
  } else for (const inner of issue.errors[0] ?? []) report(inner, path, scene);
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
  tuple: "a pair [time, connections]",
  object: "a mapping",
  record: "a mapping",
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

/** A value in a message. */
function describe(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return `the text ${quoted(value)}`;
  return typeof value === "object" ? "a mapping" : String(value);
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
