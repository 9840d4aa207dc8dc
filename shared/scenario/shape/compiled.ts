/**
 * Text that is an expression: it stays as it is written, and compiles. Called by expressions.ts and by kinds of rules. Invariant: an issue
 * has its place in the text.
 */
import * as z from "zod";
import { ExpressionError } from "../expression/expression-error.ts";
import { compileHttpReading } from "../expression/http-expression.ts";
import { fault, text } from "./fields.ts";
import { asWritten } from "./marks.ts";

const MAX_CHARS = 2000;

/** @param compile throws ExpressionError when it does not compile */
export function compiled(compile: (source: string) => unknown) {
  const compiles = z.superRefine<string>((source, context) => {
    try {
      compile(source);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      fault(context, [error.message, error.hint], { inside: error.offset });
    }
  });
  return asWritten(text(MAX_CHARS, compiles));
}

/** CEL over the answer of an HTTP request, whose value is used. */
export function httpReading() {
  return compiled(compileHttpReading);
}
