/**
 * How long a placeholder becomes at most. Called by template.ts when it compiles. Invariant: exact bounds for all that has one;
 * an expression is bounded by its steps, and is counted with the length it has for the first connection.
 */

import type { StrictDataTable } from "../strict.ts";
import { type Placeholder, tooManySteps } from "./placeholder.ts";
import { evaluate, STATIC_CONTEXT, textOf } from "./render.ts";

/** A captured value that is longer is not kept. */
export const MAX_CAPTURED_CHARS = 4096;

/** A UUID is the longest of what has a fixed form. */
const SHORT_CHARS = 36;

/** Characters a placeholder becomes at most; of an expression, what it is for the first connection. @throws TemplateError */
export function longestOf(placeholder: Placeholder, site: number): number {
  switch (placeholder.kind) {
    case "text":
      return placeholder.max;
    case "cell":
      return longestCell(placeholder.table.table, placeholder.column);
    case "capture":
      return MAX_CAPTURED_CHARS;
    case "expression": {
      const value = evaluate(placeholder, site, STATIC_CONTEXT);
      if (placeholder.expression.exceeded) throw tooManySteps();
      return textOf(value).length;
    }
    default:
      return SHORT_CHARS;
  }
}

const longest = new WeakMap<StrictDataTable, Map<number, number>>();

/** Characters of the longest value in a column. */
function longestCell(table: StrictDataTable, column: number): number {
  const known = longest.get(table) ?? new Map<number, number>();
  longest.set(table, known);
  let chars = known.get(column);
  if (chars === undefined) {
    chars = table.rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0);
    known.set(column, chars);
  }
  return chars;
}
