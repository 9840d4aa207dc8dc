/**
 * Overrides from the command line: `--set load.2.to=5000` replaces a value of the document before it
 * is checked. Called by parse.ts. Invariant: what an override brings in passes the same checks as the file,
 * and its problems are reported under the option's name.
 */

import { MAX_OVERRIDES } from "../limits.ts";
import { didYouMean } from "../suggest.ts";
import { quoted } from "../units.ts";
import { FORBIDDEN_KEYS, readDocument } from "./document.ts";
import type { IssueLog } from "./issue-log.ts";
import { MAX_DEPTH } from "./tokens.ts";

export interface Overrides {
  /** `-e name=value`: replaces a var of that name; is also seen as env.name. */
  readonly vars: Readonly<Record<string, string>>;
  /** `--set path=value`, or another option that stands for one, in order. Parts of a path are keys, indices from 0, or names of phases and messages. */
  readonly set: readonly (readonly [path: string, value: string, option?: string])[];
}

/** Of all values of `set` together. */
const MAX_ALL_OVERRIDES_CHARS = 1024 * 1024;

export const NO_OVERRIDES: Overrides = { vars: {}, set: [] };

/** Applies the `set` list to the document's value, in place. */
export function applyOverrides(root: unknown, overrides: Overrides, log: IssueLog): void {
  let chars = 0;
  for (const [index, [path, value, option = `--set ${path}`]] of overrides.set.entries()) {
    chars += value.length;
    if (index >= MAX_OVERRIDES || chars > MAX_ALL_OVERRIDES_CHARS) {
      const what =
        index >= MAX_OVERRIDES
          ? `more than ${MAX_OVERRIDES} values are set`
          : `the values that are set are longer than ${MAX_ALL_OVERRIDES_CHARS} characters together`;
      log.addOption(option, what, "write them in the scenario");
      return;
    }
    applyOne(root, path, { value, option, log });
  }
}

function applyOne(
  root: unknown,
  pathText: string,
  {
    value,
    option,
    log,
  }: { readonly value: string; readonly option: string; readonly log: IssueLog },
): void {
  const parts = pathText.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
  if (
    parts.length > MAX_DEPTH ||
    parts.some((part) => part === "" || FORBIDDEN_KEYS.includes(part))
  ) {
    log.addOption(option, `not a path: ${quoted(pathText)}`, "such as --set load.2.to=5000");
    return;
  }
  const parsed = readDocument(value, parts);
  const [flaw] = parsed.flaws;
  if (flaw !== undefined) {
    log.addOption(option, `the value is not valid: ${flaw.what}`, flaw.hint);
    return;
  }
  const path: (string | number)[] = [];
  let parent = root;
  for (const [index, part] of parts.entries()) {
    const key = Array.isArray(parent) ? indexOf(parent, part) : part;
    if (key === null || typeof parent !== "object" || parent === null) {
      log.addOption(
        option,
        `there is no ${parts.slice(0, index + 1).join(".")}`,
        hintFor(parent, part),
      );
      return;
    }
    path.push(key);
    const holder = parent as Record<string | number, unknown>;
    if (index === parts.length - 1) holder[key] = parsed.value;
    else {
      if (!Object.hasOwn(holder, key) || holder[key] === null) {
        holder[key] = {};
        log.override(path, option);
      }
      parent = holder[key];
    }
  }
  log.override(path, option);
}

/** Index of an item by its number, or by its name. */
function indexOf(list: readonly unknown[], part: string): number | null {
  const at = /^\d{1,6}$/.test(part)
    ? Number(part)
    : list.findIndex((item) => nameOf(item) === part);
  return at >= 0 && at < list.length ? at : null;
}

function nameOf(item: unknown): unknown {
  const { phase, name } = (item ?? {}) as { phase?: unknown; name?: unknown };
  return phase ?? name;
}

function hintFor(parent: unknown, part: string): string {
  if (!Array.isArray(parent)) return "";
  const names = parent.map(nameOf).filter((name) => typeof name === "string");
  const count = `it has ${parent.length} items, from 0`;
  return names.length === 0 ? count : `${count}; ${didYouMean(part, names)}`;
}
