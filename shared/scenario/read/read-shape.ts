/**
 * Parses a value by a shape, as far as it can be parsed. Called by parse.ts, and for what is shaped like a part of a scenario. Does no
 * I/O. Invariant: never throws for what is given.
 */
import * as z from "zod";
import { assert } from "../../assert.ts";

export interface ShapeResult {
  /** What a part without an issue became; a part with one may be anything. */
  readonly value: unknown;
  readonly issues: readonly z.core.$ZodIssue[];
}

/** Parses what can be parsed: zod's safeParse gives nothing of a whole in which one part has an issue. */
export function readShape(of: z.ZodType, given: unknown): ShapeResult {
  const context = { async: false, jitless: true } as const;
  const result = of._zod.run({ value: given, issues: [] }, context);
  assert(!(result instanceof Promise), "no shape is asynchronous");
  const issues = result.issues.map((one) => z.core.util.finalizeIssue(one, context, z.config()));
  return { value: result.value, issues };
}
