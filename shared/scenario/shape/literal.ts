/** Text of a scenario that is written back. Used by sections and kinds where they write what they have read. */

/** Text in a place where placeholders have a value before the run, and this is no placeholder. */
export function literal(text: string): string {
  return text.replaceAll("{{", "{{{{");
}

/**
 * As literal(), of text directly ahead of a placeholder: a lone brace at its end would be read as one of the placeholder's.
 * @param brace how a lone one is written there
 */
export function literalAhead(text: string, brace = "{{'{'}}"): string {
  const [braces = ""] = /\{*$/.exec(text) ?? [];
  return braces.length % 2 === 0 ? literal(text) : literal(text.slice(0, -1)) + brace;
}

/** What literal() made of it, as it was. */
export function asRead(written: string): string {
  return written.replaceAll("{{{{", "{{");
}

/** Plain data with all of its texts so, but not its keys. */
export function literals<T>(value: T): T {
  return deep(value) as T;
}

function deep(value: unknown): unknown {
  if (typeof value === "string") return literal(value);
  if (Array.isArray(value)) return value.map(deep);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deep(item)]));
}
