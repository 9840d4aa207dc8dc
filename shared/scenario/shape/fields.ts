/**
 * The fields a scenario file is made of: zod schemas for names, quantities and objects, each with the
 * description and example that editors show. Called by the other files of this folder. Invariant: a
 * message carries what is wrong and how to mend it, so that the reader of errors needs no second table.
 */
import * as z from "zod";
import { type Parsed, parseDuration, parseRate, parseShare, parseSize, quoted } from "../units.ts";

/** Separates "what" from "hint" in the message of an issue. */
export const HINT = "\u0000";

export function message(what: string, hint: string): string {
  return `${what}${HINT}${hint}`;
}

/** What an editor shows beside a key. */
export function about<T extends z.ZodType>(
  schema: T,
  description: string,
  ...examples: unknown[]
): T {
  return schema.meta({ ...schema.meta(), description, examples });
}

/** An object that refuses keys it does not know; the message of that issue lists those it knows. */
export function strict<T extends z.ZodRawShape>(shape: T) {
  const keys = Object.keys(shape).join(",");
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? keys : undefined),
  });
}

type Check = (text: string) => Parsed<number>;

function quantity(parse: Check, what: string, pattern: string) {
  return z
    .string({
      error: (issue) => {
        if (typeof issue.input !== "number") return undefined;
        const parsed = parse(String(issue.input));
        return parsed.ok ? undefined : message(parsed.what, parsed.hint);
      },
    })
    .superRefine((text, context) => {
      const parsed = parse(text);
      if (parsed.ok) return;
      context.addIssue({ code: "custom", message: message(parsed.what, parsed.hint) });
    })
    .meta({ title: what, pattern: `^(${pattern}|.*\\{\\{.*)$` });
}

/** A duration of more than nothing. */
export function duration() {
  const parse: Check = (text) => {
    const parsed = parseDuration(text);
    if (!parsed.ok || parsed.value > 0) return parsed;
    return { ok: false, what: "the duration is zero", hint: "write a longer one, or leave it out" };
  };
  return quantity(parse, "duration", "([0-9.]+(us|ms|s|m|h))+");
}

/** A duration that may be zero. */
export function moment() {
  return quantity(parseDuration, "duration", "([0-9.]+(us|ms|s|m|h))+");
}

/** A rate of more than nothing. */
export function rate() {
  const parse: Check = (text) => {
    const parsed = parseRate(text);
    if (!parsed.ok || parsed.value > 0) return parsed;
    return { ok: false, what: "the rate is zero", hint: "write a higher one, or leave it out" };
  };
  return quantity(parse, "rate", "[0-9.]+/(s|min|h)");
}

/** A share of more than nothing and at most a half. */
export function share() {
  const parse: Check = (text) => {
    const parsed = parseShare(text);
    if (!parsed.ok || (parsed.value > 0 && parsed.value <= 0.5)) return parsed;
    return { ok: false, what: `out of bounds: ${quoted(text)}`, hint: "more than 0%, at most 50%" };
  };
  return quantity(parse, "share", "[0-9.]+%");
}

/** Bytes: a whole number or text with a unit, within [min, max]. */
export function size(min: number, max: number) {
  return z
    .union([z.int(), z.string().meta({ pattern: "^([0-9.]+(b|kb|mb|gb)?|.*\\{\\{.*)$" })])
    .superRefine((value, context) => {
      const parsed = parseSize(value);
      if (!parsed.ok) {
        context.addIssue({ code: "custom", message: message(parsed.what, parsed.hint) });
      } else if (parsed.value < min || parsed.value > max) {
        const what = `must be ${min} to ${max} bytes, got ${parsed.value}`;
        context.addIssue({ code: "custom", message: message(what, "") });
      }
    });
}

/** A name that selectors and reports use. */
export function label() {
  return z
    .string()
    .min(1)
    .max(64)
    .superRefine((text, context) => {
      if (text === "" || /^[\p{L}\p{N}_](?:[\p{L}\p{N}_ .:/-]*[\p{L}\p{N}_.:/-])?$/u.test(text))
        return;
      const hint = "use letters, digits, spaces and _ - . : /";
      context.addIssue({ code: "custom", message: message(`not a name: ${quoted(text)}`, hint) });
    });
}

/** An identifier, as in {{vars.identifier}}. */
export function identifier() {
  return z.string().superRefine((text, context) => {
    if (/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(text)) return;
    const hint = "use letters, digits and _, at most 64 of them";
    context.addIssue({ code: "custom", message: message(`not a name: ${quoted(text)}`, hint) });
  });
}

/** Printable text of limited length. */
export function text(maxChars: number) {
  return z
    .string()
    .min(1)
    .max(maxChars)
    .superRefine((value, context) => {
      if (!/\p{Cc}/u.test(value)) return;
      context.addIssue({ code: "custom", message: message("control characters in the text", "") });
    });
}

/** A file beside the scenario. */
export function file() {
  return text(1024);
}
