/**
 * Shapes of expressions over a message: conditions (`where`), readings (a value of it) and captures (readings with a name).
 * Called by sections/. Invariant: an expression that passes compiles in the worker, too.
 */
import * as z from "zod";
import { compileMeasured } from "../expression/measured-expression.ts";
import { compileMatch, compileReading } from "../expression/message-expression.ts";
import type { StrictCapture } from "../strict-message.ts";
import { CONN_FIELDS } from "../template/reference.ts";
import { compiled } from "./compiled.ts";
import { about, byDefault, fault, mapping, strict } from "./fields.ts";

const MAX_CAPTURES = 64;

/** CEL that is true or false of a message. */
export function condition() {
  return compiled(compileMatch);
}

/** CEL whose value is used. */
export function reading() {
  return compiled(compileReading);
}

/** CEL over measures of a run that goes on. */
export function measuredCondition() {
  return compiled(compileMeasured);
}

/** `capture: { token: "m.token" }`, or `{ token: { value: "m.token", secret: true } }`. @param value CEL for it */
export function captures(
  example: Readonly<Record<string, string>> = { token: "m.token" },
  value: () => z.ZodType<string, string> = reading,
) {
  const secret = () =>
    strict({
      value: about(value(), "CEL for the value.", Object.values(example)[0]),
      secret: byDefault(z.boolean(), false, "Never show the value in logs and reports.", true),
    });
  const names = mapping(() => z.union([value(), secret()]), MAX_CAPTURES, "captures").superRefine(
    (entries, context) => {
      for (const name of Object.keys(entries)) {
        if (!CONN_FIELDS.includes(name)) continue;
        const what = `conn.${name} is the connection's own`;
        fault(context, [what, "capture under another name"], { path: [name] });
      }
    },
  );
  return about(
    names
      .optional()
      .transform((entries = {}): readonly StrictCapture[] =>
        Object.entries(entries).map(([name, one]) =>
          typeof one === "string"
            ? { name, value: one, secret: false }
            : { name, value: one.value, secret: one.secret },
        ),
      ),
    "Values to keep: conn.NAME in every later placeholder and expression, also after a reconnect.",
    example,
  );
}

export function writtenCaptures(
  capture: readonly StrictCapture[],
): Record<string, string | { value: string; secret: boolean }> | undefined {
  if (capture.length === 0) return undefined;
  return Object.fromEntries(
    capture.map(({ name, value, secret }) => [name, secret ? { value, secret } : value]),
  );
}
