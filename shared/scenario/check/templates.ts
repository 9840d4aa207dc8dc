/**
 * Templates of a scenario that are rendered during the run: compiled once here to find their mistakes.
 * Called by the other files of this folder. Invariant: a template that passes compiles in the worker too.
 */
import type { Path } from "../issue.ts";
import type { TemplateScope } from "../placeholder.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { compileTemplate, type RenderContext, type Template, templateFaults } from "../template.ts";

export interface TemplateContext {
  readonly scope: TemplateScope;
  /** Vars that are declared but have no value; the reason is reported where they are declared. */
  readonly unresolved: ReadonlySet<string>;
  readonly log: IssueLog;
}

/** A connection to try templates with. */
export const SAMPLE: Readonly<RenderContext> = {
  seed: 1,
  connectionIndex: 0,
  incarnation: 0,
  attempt: 0,
  seq: 0,
  nowMs: 1_700_000_000_000,
};

/** The compiled text at `path`; null when it does not compile (logged). */
export function checkTemplate(text: string, path: Path, context: TemplateContext): Template | null {
  return report("text", text, { path, context }) ? compileTemplate(text, context.scope) : null;
}

/** Checks the JSON value at `path`. */
export function checkJson(value: unknown, path: Path, context: TemplateContext): void {
  report("json", value, { path, context });
}

/** Logs all faults; true when there are none. */
function report(
  kind: "text" | "json",
  value: unknown,
  { path, context }: { readonly path: Path; readonly context: TemplateContext },
): boolean {
  const faults = templateFaults(kind, value, context.scope);
  for (const fault of faults) {
    const at = [...path, ...fault.path];
    const { error } = fault;
    if (error.unknownVar !== null && context.unresolved.has(error.unknownVar)) context.log.mark(at);
    else context.log.add(at, error.message, error.hint, { inside: error.offset });
  }
  return faults.length === 0;
}
