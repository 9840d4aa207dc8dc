/**
 * Templates of a scenario that are rendered during the run: compiled once here to find their mistakes.
 * Called by the sections and by rows.ts. Invariant: a template that passes compiles in the worker too.
 */

import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { MAX_ALL_RENDERED_CHARS } from "../template/expansion.ts";
import type { TemplateScope } from "../template/reference.ts";
import {
  compileJson,
  compileTemplate,
  compileUrl,
  inspectTemplate,
  type RenderContext,
  type Template,
} from "../template/template.ts";

/** The file a table was read from, for messages about its rows. */
export interface TableFile {
  readonly path: string;
  /** Where row `row` (from 0) stands in it: "line 5". */
  readonly placeOf: (row: number) => string;
}

export interface TemplateContext {
  readonly scope: TemplateScope;
  /** Vars and tables that are declared but have no value; the reason is reported where they are declared. */
  readonly unresolved: Set<string>;
  /** Characters of all templates so far, each at its longest. */
  readonly rendered: { chars: number };
  readonly log: IssueLog;
  /** Files of the data tables, for messages about their rows. */
  readonly files: Map<string, TableFile>;
  /** What is left to spend on rows of data; see rows.ts. */
  readonly work: { left: number };
}

/** A connection to try templates with. */
export const SAMPLE: Readonly<RenderContext> = {
  seed: 1,
  connectionIndex: 0,
  incarnation: 0,
  attempt: 0,
  seq: 0,
  nowMs: 1_700_000_000_000,
  captured: [],
  message: null,
  marks: null,
  rows: null,
};

/** The compiled text at `path`; null when it does not compile (logged). */
export function checkTemplate(text: string, path: Path, context: TemplateContext): Template | null {
  return report("text", text, { path, context }) ? compileTemplate(text, context.scope) : null;
}

/** As checkTemplate, for a URL or the part of one. */
export function checkUrlTemplate(
  text: string,
  path: Path,
  context: TemplateContext,
): Template | null {
  return report("url", text, { path, context }) ? compileUrl(text, context.scope) : null;
}

/** As checkTemplate, for a JSON value. */
export function checkJson(value: unknown, path: Path, context: TemplateContext): Template | null {
  return report("json", value, { path, context }) ? compileJson(value, context.scope) : null;
}

/** Logs all faults; true when there are none. */
function report(
  kind: "text" | "url" | "json",
  value: unknown,
  { path, context }: { readonly path: Path; readonly context: TemplateContext },
): boolean {
  const { faults, maxChars } = inspectTemplate(kind, value, context.scope);
  const before = context.rendered.chars;
  context.rendered.chars += maxChars;
  if (context.rendered.chars > MAX_ALL_RENDERED_CHARS && before <= MAX_ALL_RENDERED_CHARS) {
    const what = `all messages, headers and URLs together become longer than ${MAX_ALL_RENDERED_CHARS} characters`;
    context.log.add(path, what, "use fewer or shorter placeholders");
  }
  for (const fault of faults) {
    const at = [...path, ...fault.path];
    const { error } = fault;
    if (error.unknown !== null && context.unresolved.has(error.unknown)) context.log.mark(at);
    else context.log.add(at, error.message, error.hint, { inside: error.offset });
  }
  return faults.length === 0;
}
