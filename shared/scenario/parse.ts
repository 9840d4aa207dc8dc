/**
 * From the text of a scenario file to a StrictScenario, or to everything that is wrong with it. Called by the
 * CLI and by the HTTP API. Does no I/O itself: environment and file reading are given. Invariant: never
 * throws for what a file contains, and costs bounded time and memory.
 */

import { MAX_CHECKED_CELLS } from "./check/rows.ts";
import type { OpenFile } from "./data/source.ts";
import { NO_CONVERSATION } from "./defaults.ts";
import { type Issue, orderIssues } from "./issue.ts";
import { MAX_FILE_BYTES } from "./limits.ts";
import { capturesIn } from "./read/captures-in.ts";
import { readDocument } from "./read/document.ts";
import { IssueLog } from "./read/issue-log.ts";
import { applyOverrides, NO_OVERRIDES, type Overrides } from "./read/overrides.ts";
import { readShape } from "./read/read-shape.ts";
import { addShapeIssues } from "./read/shape-issues.ts";
import { resolveStatics } from "./read/statics.ts";
import { type ScenarioInput, scenarioShape } from "./schema.ts";
import { SECTIONS } from "./sections/registry.ts";
import type { ReadFile, Scene, Section } from "./sections/section.ts";
import { isMapping } from "./shape/words.ts";
import type { StrictScenario } from "./strict.ts";

export interface ParseContext {
  /** Shown in issues; the default name of the scenario derives from it. */
  readonly fileName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides?: Overrides;
  /** Reads a file named in the scenario, relative to it. Throws as node:fs does. */
  readonly readFile: ReadFile;
  /** Opens a data file to read it in parts; absent: data files are read by readFile, whole. */
  readonly openFile?: OpenFile;
}

export type ParseResult =
  | {
      readonly ok: true;
      readonly scenario: StrictScenario;
      /** The text as given; mask it (mask.ts) before it is stored. */
      readonly source: string;
      /** The text's content, options applied; see written.ts. */
      readonly given: ScenarioInput;
    }
  | { readonly ok: false; readonly issues: readonly Issue[]; readonly source: string };

/** Reads a scenario, YAML 1.2 or JSON. Bytes are preferred: text may have been decoded with loss. */
export function parseScenario(input: string | Uint8Array, context: ParseContext): ParseResult {
  const bytes = typeof input === "string" ? Buffer.byteLength(input) : input.byteLength;
  if (bytes > MAX_FILE_BYTES) {
    const what = `the file is larger than ${MAX_FILE_BYTES / 1024 ** 2} MiB (${bytes} bytes)`;
    const place = { file: context.fileName, line: 1, column: 1, path: "" };
    const hint = "keep tables in CSV files (data)";
    return { ok: false, issues: [{ ...place, what, hint }], source: "" };
  }
  const source = typeof input === "string" ? input : Buffer.from(input).toString("utf8");
  const foreign = findForeign(input, source, context.fileName);
  if (foreign.length > 0) return { ok: false, issues: orderIssues(foreign), source };

  const document = readDocument(source);
  const log = new IssueLog(context.fileName, document);
  for (const flaw of document.flaws) log.addFlaw(flaw);
  const root = document.value;
  if (root !== undefined && !isMapping(root)) {
    const what = root === null ? "the file is empty" : "a scenario is a mapping of keys to values";
    log.add([], what, "start with version: 1");
  }
  if (!isMapping(root)) return { ok: false, issues: log.list(), source };

  const { env, overrides = NO_OVERRIDES, readFile, openFile = null } = context;
  applyOverrides(root, overrides, log);
  const shape = scenarioShape();
  const statics = resolveStatics(root, { env, overrides, log, shape });
  const { value, issues } = readShape(shape, root);
  addShapeIssues(issues, root, log);
  const values = { ...(value as Readonly<Record<string, unknown>>) };
  // Of a section that is nothing it could be, what it is when it is left out.
  for (const { code, path } of issues) {
    const [key, part] = path;
    if (code === "custom" || code === "unrecognized_keys" || part !== undefined) continue;
    values[String(key)] = readShape(shape.shape[key as keyof ScenarioInput], undefined).value;
  }
  const scenario = strictOf(values, {
    log,
    statics,
    readFile,
    openFile,
    early: {},
    given: root,
    defaultName: stem(context.fileName),
    // Filled by the sections, one after another; what they may refer to of later ones is known before.
    scope: { ...NO_CONVERSATION, captures: capturesIn(root) } as unknown as StrictScenario,
    files: new Map(),
    unresolved: statics.unresolved,
    work: { left: MAX_CHECKED_CELLS },
    rendered: { chars: 0 },
  });
  return log.isEmpty
    ? { ok: true, scenario, source, given: root as ScenarioInput }
    : { ok: false, issues: log.list(), source };
}

/** The strict scenario; complete when there is no issue. Called with issues, too, to find the others. */
function strictOf(values: Readonly<Record<string, unknown>>, scene: Scene): StrictScenario {
  const { scope } = scene;
  const sections: readonly Section[] = SECTIONS;
  const early = new Map(
    sections
      .filter(({ isEarly }) => isEarly)
      .map((section) => [section, section.strict(values[section.key], scene)]),
  );
  Object.assign(scene.early, ...early.values());
  for (const section of sections) {
    const part = early.get(section) ?? section.strict(values[section.key], scene);
    Object.assign(scope, part);
  }
  for (const section of sections) section.check?.(scene);
  return scope;
}

/** Bytes that are no UTF-8, and control characters: the marks of a binary file. */
function findForeign(input: string | Uint8Array, source: string, file: string): Issue[] {
  const issue = (at: number, what: string, hint: string): Issue[] => {
    const before = source.slice(0, at).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    return [{ file, line: before.length, column, path: "", what, hint }];
  };
  if (typeof input !== "string" && !isUtf8(input)) {
    const at = Math.max(0, source.indexOf("\ufffd"));
    return issue(at, "the file is not valid UTF-8 text", "save it as UTF-8");
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(source);
  if (control === null) return [];
  return issue(control.index, "the file holds control characters; is it binary?", "");
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** `dir/echo-10k.yaml` -> `echo-10k`. */
function stem(fileName: string): string {
  const base = fileName.split(/[/\\]/).at(-1) ?? "";
  return base.replace(/\.[^.]*$/, "") || "scenario";
}
