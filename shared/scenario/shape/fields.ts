/**
 * What sections are made of: zod schemas for names, quantities and objects, each with the description and example that
 * editors show. Text is parsed here and nowhere else: a quantity comes out as a number in the unit of the strict
 * scenario. Called by sections/. Invariant: an issue carries what is wrong and what to do, so that the reader of
 * issues needs no second table.
 */
import * as z from "zod";
import {
  type Parsed,
  parseByteRate,
  parseDuration,
  parseRate,
  parseShare,
  parseSize,
  quoted,
} from "../units.ts";
import { message } from "./words.ts";

/** Not by `meta()`, which copies the schema with all of its methods; each check of a chain does, too. */
export function tagged<T extends z.ZodType>(schema: T, more: Readonly<Record<string, unknown>>): T {
  z.globalRegistry.add(schema, { ...schema.meta(), ...more });
  return schema;
}

/** What an editor shows beside a key. */
export function about<T extends z.ZodType>(
  schema: T,
  description: string,
  ...examples: unknown[]
): T {
  return tagged(schema, { description, examples });
}

/** Made when it is first asked for, and only then: zod's schemas take their time, and many a command needs none. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A key that may be left out, with what it means then: parsed as if it had been written. @param examples default: that */
export function byDefault<T extends z.ZodType>(
  schema: T,
  value: z.input<T> & (string | number | boolean),
  description: string,
  ...examples: unknown[]
): z.ZodPrefault<T> {
  const shown = examples.length === 0 ? [value] : examples;
  return about(schema.prefault(value), `${description} Default: ${value}.`, ...shown);
}

/** An object that refuses keys it does not know; the message of that issue lists those it knows. */
export function strict<T extends z.ZodRawShape>(shape: T) {
  const keys = Object.keys(shape).join(",");
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? keys : undefined),
  });
}

/** Adds an issue; checks of the whole that holds the value are still made. */
export function fault(
  context: z.RefinementCtx,
  [what, hint]: readonly [what: string, hint: string],
  place: { readonly path?: (string | number)[]; readonly inside?: number } = {},
): typeof z.NEVER {
  const { path = [], ...params } = place;
  const text = message(what, hint);
  context.addIssue({ code: "custom", message: text, path, params, continue: true });
  return z.NEVER;
}

/**
 * A map of several kinds, which one `key` tells apart. The kind is settled first, so that only what the author meant is reported.
 * @param settle gives the value back with its key, or adds an issue
 */
export function ofKinds<Shape extends z.ZodObject>(
  key: string,
  shapes: readonly Shape[],
  settle: (value: unknown, context: z.RefinementCtx) => unknown,
): z.ZodType<z.output<Shape>, z.input<Shape>> {
  const kinds = z.discriminatedUnion(key, shapes as unknown as [z.ZodObject]);
  return z.pipe(z.transform(settle), kinds) as unknown as z.ZodType<
    z.output<Shape>,
    z.input<Shape>
  >;
}

type Parser = (text: string) => Parsed<number>;

function quantity(parse: Parser, title: string, pattern: string) {
  const error: z.core.$ZodErrorMap = ({ input }) => {
    const parsed = typeof input === "number" ? parse(String(input)) : null;
    return parsed === null || parsed.ok ? undefined : message(parsed.what, parsed.hint);
  };
  const parsed = z.string({ error }).transform((text, context): number => {
    const result = parse(text);
    return result.ok ? result.value : fault(context, [result.what, result.hint]);
  });
  return tagged(parsed, { title, pattern: `^(${pattern}|.*\\{\\{.*)$` });
}

/** As `parse`, but for zero. */
function aboveZero(parse: Parser, name: string, hint: string): Parser {
  return (text) => {
    const parsed = parse(text);
    return !parsed.ok || parsed.value > 0
      ? parsed
      : { ok: false, what: `the ${name} is zero`, hint };
  };
}

const DURATION = "([0-9.]+(us|ms|s|m|h))+";

/** A duration of more than nothing, in microseconds. */
export function duration() {
  const hint = "write a longer one, or leave it out";
  return quantity(aboveZero(parseDuration, "duration", hint), "duration", DURATION);
}

/** As duration(), and at most so long. @param most as its author would write it */
export function durationUpTo(most: string) {
  const limit = parseDuration(most);
  return duration().superRefine((us, context) => {
    if (limit.ok && us > limit.value) fault(context, [`more than ${most}`, "write a shorter one"]);
  });
}

/** A duration that may be zero, in microseconds. */
export function moment() {
  return quantity(parseDuration, "duration", DURATION);
}

/** A rate of more than nothing, per second. */
export function rate() {
  const hint = "write a higher one, or leave it out";
  return quantity(aboveZero(parseRate, "rate", hint), "rate", "[0-9.]+/(s|min|h)");
}

/** Bytes a second, more than none. */
export function byteRate() {
  const hint = "write a higher one";
  return quantity(
    aboveZero(parseByteRate, "rate", hint),
    "bytes a second",
    "[0-9.]+(b|kb|mb|gb)?/s",
  );
}

/** A share of more than nothing and at most a half, 0 to 1. */
export function share() {
  const parse: Parser = (text) => {
    const parsed = parseShare(text);
    if (!parsed.ok || (parsed.value > 0 && parsed.value <= 0.5)) return parsed;
    return { ok: false, what: `out of bounds: ${quoted(text)}`, hint: "more than 0%, at most 50%" };
  };
  return quantity(parse, "share", "[0-9.]+%");
}

/** A rate that may be zero, per second. */
export function rateOrNone() {
  return quantity(parseRate, "rate", "[0-9.]+/(s|min|h)");
}

/** A share of more than nothing, up to all of it, 0 to 1. */
export function part() {
  const parse: Parser = (text) => {
    const parsed = parseShare(text);
    if (!parsed.ok || (parsed.value > 0 && parsed.value <= 1)) return parsed;
    return {
      ok: false,
      what: `out of bounds: ${quoted(text)}`,
      hint: "more than 0%, at most 100%",
    };
  };
  return quantity(parse, "share", "[0-9.]+%");
}

/** Bytes, written as a whole number or as text with a unit, within [min, max]. */
export function size(min: number, max: number) {
  const text = tagged(z.string(), { pattern: "^([0-9.]+(b|kb|mb|gb)?|.*\\{\\{.*)$" });
  return z.union([z.int(), text]).transform((value, context): number => {
    const parsed = parseSize(value);
    if (!parsed.ok) return fault(context, [parsed.what, parsed.hint]);
    if (parsed.value >= min && parsed.value <= max) return parsed.value;
    return fault(context, [`must be ${min} to ${max} bytes, got ${parsed.value}`, ""]);
  });
}

/** A whole number within [min, max]. */
export function whole(min: number, max: number) {
  return z.int().check(z.gte(min), z.lte(max));
}

/** A share of something, relative to the others'. */
export function weight() {
  return z.number().check(z.positive(), z.lte(1e6));
}

/** A list of so many items. @param item made when there is one */
export function list<T extends z.ZodType>(item: () => T, min: number, max: number) {
  const least = min === 0 ? [] : [z.minLength(min)];
  return z.array(z.lazy(item)).check(...least, z.maxLength(max));
}

const LABEL = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_ .:/-]*[\p{L}\p{N}_.:/-])?$/u;
const MAX_LABEL_CHARS = 64;

/** Whether an author can have written the name: those that are made may be others. */
export function isLabel(text: string): boolean {
  return text.length <= MAX_LABEL_CHARS && LABEL.test(text);
}

/** A name that selectors and reports use. */
export function label() {
  const isName = z.superRefine<string>((text, context) => {
    if (text === "" || LABEL.test(text)) return;
    fault(context, [`not a name: ${quoted(text)}`, "use letters, digits, spaces and _ - . : /"]);
  });
  return z.string().check(z.minLength(1), z.maxLength(MAX_LABEL_CHARS), isName);
}

/** An identifier, as in {{vars.identifier}}. */
export function identifier() {
  return z.string().superRefine((text, context) => {
    if (/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(text)) return;
    fault(context, [
      `not a name: ${quoted(text)}`,
      "use letters, digits and _, at most 64 of them",
    ]);
  });
}

/** Printable text of limited length. */
export function text(maxChars: number, ...more: z.core.$ZodCheck<string>[]) {
  const isPrintable = z.superRefine<string>((value, context) => {
    if (/\p{Cc}/u.test(value)) fault(context, ["control characters in the text", ""]);
  });
  return z.string().check(z.minLength(1), z.maxLength(maxChars), isPrintable, ...more);
}

/** A file beside the scenario. */
export function file() {
  return text(1024);
}

/** A mapping of at most so many entries. @param value made when there is one */
export function mapping<T extends z.ZodType>(value: () => T, max: number, what: string) {
  return z
    .record(identifier(), z.lazy(value))
    .refine((entries) => Object.keys(entries).length <= max, `more than ${max} ${what}`);
}

/** Exactly one of `keys` is written; else the issue says so. */
export function exactlyOne(keys: readonly string[], what: string) {
  return (value: object, context: z.RefinementCtx) => {
    const written = keys.filter((key) => Object.hasOwn(value, key)).length;
    if (written === 1) return;
    const list = keys.join(" or ");
    if (written > 1) fault(context, [`${what} takes only one of ${list}`, ""]);
    else context.addIssue({ code: "custom", message: `${what} needs ${list}`, continue: true });
  };
}
