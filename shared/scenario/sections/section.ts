/**
 * What a section of a scenario file is: all that the program knows of one top-level key, in one object. Implemented by the
 * files of this folder, listed in registry.ts, walked by parse.ts, schema.ts, written.ts and read/statics.ts. Invariant:
 * nobody else knows a section by its name, so that a new one is one file and one line of the registry.
 */
import type * as z from "zod";
import type { TemplateContext } from "../check/templates.ts";
import type { OpenFile } from "../data/source.ts";
import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import type { Statics } from "../read/statics.ts";
import { once } from "../shape/fields.ts";
import { isMapping } from "../shape/words.ts";
import type { StrictScenario } from "../strict.ts";

export interface Section<Key extends string = string, Shape extends z.ZodType = z.ZodType> {
  /** At the top of the file. */
  readonly key: Key;
  /**
   * What may be written: keys, types, units and defaults; with the lines of the reference, and marks on the parts whose
   * placeholders are rendered during the run. Parsing by it gives the values of the strict scenario.
   */
  readonly shape: () => Shape;
  /** Its strict part needs no other's, and those before it need it: it is made first (Scene.early). */
  readonly isEarly?: boolean;
  /**
   * Its part of the strict scenario. Called also when there are issues, for all problems are reported at once: a part
   * with an issue may be anything and is left out; see soundItems and soundParts.
   */
  strict(value: z.output<Shape>, scene: Scene): Partial<StrictScenario>;
  /** What can only be said when the strict parts of all sections are there. */
  check?(scene: Scene): void;
  /** As its author could have written it; undefined: left out. @param given as its author wrote it, options applied */
  written(scenario: StrictScenario, given: z.input<Shape>): z.input<Shape> | undefined;
}

/** Infers the types of a section. */
export function section<Key extends string, Shape extends z.ZodType>(
  one: Section<Key, Shape>,
): Section<Key, Shape> {
  return { ...one, shape: once(one.shape) };
}

/** Path relative to the scenario file -> content. Throws as node:fs does. */
export type ReadFile = (path: string) => Buffer;

/** One reading of a scenario, as the sections see it. */
export interface Scene extends TemplateContext {
  /** Strict parts of the sections so far, in the order of the registry; complete in `check`. */
  readonly scope: StrictScenario;
  /** Strict parts of the sections that are made first. */
  readonly early: Partial<StrictScenario>;
  /** The document, options applied: what was written of parts that have issues, too. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly statics: Statics;
  /** Used when the scenario has no name. */
  readonly defaultName: string;
  readonly readFile: ReadFile;
  /** For files that are read in parts; null: they are read by readFile. */
  readonly openFile: OpenFile | null;
}

/** Items of a list that have no issue, each with its index; none of what is no list. */
export function* soundItems<T>(
  list: readonly T[] | undefined,
  path: Path,
  log: IssueLog,
): Generator<readonly [index: number, item: T]> {
  for (const [index, item] of Array.isArray(list) ? list.entries() : []) {
    if (log.isSound([...path, index])) yield [index, item];
  }
}

/** Entries of a mapping that have no issue; none of what is no mapping. */
export function* soundEntries<T>(
  mapping: Readonly<Record<string, T>> | undefined,
  path: Path,
  log: IssueLog,
): Generator<readonly [name: string, value: T]> {
  if (typeof mapping !== "object" || mapping === null || Array.isArray(mapping)) return;
  for (const [name, value] of Object.entries(mapping)) {
    if (log.isSound([...path, name])) yield [name, value];
  }
}

/** What a shape gave, without the keys that have an issue: where one is missing, the result is used for nothing but more issues. */
export function soundParts<T extends object>(value: T, path: Path, log: IssueLog): T {
  return Object.fromEntries(soundEntries({ ...value } as Record<string, unknown>, path, log)) as T;
}

/** What was written at a path; undefined: nothing. */
export function writtenAt(given: unknown, path: Path): unknown {
  let node = given;
  for (const key of path)
    node = isMapping(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  return node;
}

/** What the items of a list in the document are called, also of those that have issues. */
export function writtenNames(list: unknown, key: string): string[] {
  return namedItems(list, key).map(({ name }) => name);
}

function namedItems(list: unknown, key: string): { index: number; name: string }[] {
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  return items.flatMap((item, index) => {
    const name = isMapping(item) ? item[key] : undefined;
    return typeof name === "string" ? [{ index, name }] : [];
  });
}

/** Each item of a list in the document has its own name. */
export function checkNames(
  list: unknown,
  { path, key, kind }: { path: Path; key: string; kind: string },
  log: IssueLog,
): void {
  const seen = new Set<string>();
  for (const { index, name } of namedItems(list, key)) {
    if (seen.has(name)) {
      const hint = `give every ${kind} its own name`;
      log.add([...path, index, key], `duplicate ${kind} ${name}`, hint);
    }
    seen.add(name);
  }
}
