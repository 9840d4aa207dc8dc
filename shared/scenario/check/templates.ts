/**
 * Templates of a scenario that are rendered during the run: compiled once here to find their mistakes.
 * Called by the sections and by rows.ts. Invariant: a template that passes compiles in the worker too.
 */

import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import type { StrictForm } from "../strict-conversation.ts";
import { MAX_ALL_RENDERED_CHARS } from "../template/expansion.ts";
import { formText } from "../template/form.ts";
import type { TemplateScope } from "../template/reference.ts";
import {
  compileJson,
  compileTemplate,
  compileUrl,
  inspectTemplate,
  type RenderContext,
  type Template,
  type TemplateFault,
} from "../template/template.ts";
import { TemplateError } from "../template/template-error.ts";

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

type TemplateFaults = readonly TemplateFault[];

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

/**
 * As checkTemplate, for the fields of a form: each by itself, so that a mistake is said at its place, and then all of them together
 * as they are sent.
 */
export function checkForm(
  fields: StrictForm["fields"],
  path: Path,
  context: TemplateContext,
): void {
  const areSound = fields.map((field) => {
    const faults = faultsOfField(field, context.scope);
    return isSound(faults, [...path, field[0]], context);
  });
  if (areSound.includes(false)) return;
  const { faults, maxChars } = inspectTemplate("url", formText(fields), context.scope);
  countChars(maxChars, path, context);
  // What is left is about the whole, not about a place in it.
  const [fault] = faults;
  if (fault !== undefined) context.log.add(path, fault.error.message, fault.error.hint);
}

function faultsOfField(field: StrictForm["fields"][number], scope: TemplateScope): TemplateFaults {
  const { faults } = inspectTemplate("url", field[1], scope);
  if (faults.length > 0) return faults;
  try {
    formText([field]);
    return [];
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return [{ path: [], error }];
  }
}

/** Logs all faults; true when there are none. */
function report(
  kind: "text" | "url" | "json",
  value: unknown,
  { path, context }: { readonly path: Path; readonly context: TemplateContext },
): boolean {
  const { faults, maxChars } = inspectTemplate(kind, value, context.scope);
  countChars(maxChars, path, context);
  return isSound(faults, path, context);
}

function countChars(chars: number, path: Path, { rendered, log }: TemplateContext): void {
  const before = rendered.chars;
  rendered.chars += chars;
  if (rendered.chars > MAX_ALL_RENDERED_CHARS && before <= MAX_ALL_RENDERED_CHARS) {
    const what = `all messages, headers and URLs together become longer than ${MAX_ALL_RENDERED_CHARS} characters`;
    log.add(path, what, "use fewer or shorter placeholders");
  }
}

function isSound(faults: TemplateFaults, path: Path, context: TemplateContext): boolean {
  for (const fault of faults) {
    const at = [...path, ...fault.path];
    const { error } = fault;
    if (error.unknown !== null && context.unresolved.has(error.unknown)) context.log.mark(at);
    else context.log.add(at, error.message, error.hint, { inside: error.offset });
  }
  return faults.length === 0;
}
