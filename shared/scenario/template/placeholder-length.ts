/**
 * How long a placeholder becomes at most. Called by template.ts when it compiles. Invariant: exact bounds for all that has one;
 * an expression is bounded by its steps, and is counted with the length it has for the first connection.
 */

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
      return placeholder.table.table.longest[placeholder.column] ?? 0;
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
