/**
 * Functions that expressions have beside those of CEL: JSON within a text, such as a payload behind a prefix or within another
 * payload, and times as text. Listed here, registered by expression.ts. Pure. Invariants: what json() gives is nested no deeper than a message
 * that expressions look at; what cannot be done throws, which makes an expression not applicable.
 */

/** By signature, as CEL writes it. */
export const FUNCTIONS = {
  "json(string): dyn": jsonIn,
  "toJson(dyn): string": jsonTextOf,
  "iso(int): string": isoTime,
  "iso(double): string": isoTime,
} as const;

/** As deep as messages are read. */
const MAX_LEVELS = 100;

function jsonIn(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isDeeper(value, MAX_LEVELS)) throw new Error("the JSON is nested too deeply");
  return value;
}

/** @throws Error for what JSON has no exact form of: bytes, and whole numbers beyond 2^53, also within a list or map */
function jsonTextOf(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, exactly);
  if (text === undefined) throw new Error("not a value of JSON");
  return text;
}

/** A replacer. It looks for bytes in what holds them: of a Buffer, `part` is the map that its toJSON() made. */
function exactly(this: unknown, key: string, part: unknown): unknown {
  const held = (this as Readonly<Record<string, unknown>>)[key];
  if (ArrayBuffer.isView(held)) throw new Error("JSON has no bytes");
  if (typeof part !== "bigint") return part;
  if (!Number.isSafeInteger(Number(part))) throw new Error(`${part} is too large for JSON`);
  return Number(part);
}

/** @param ms since the epoch @returns such as 2026-11-29T22:23:33.123Z */
function isoTime(ms: number | bigint): string {
  return new Date(Number(ms)).toISOString();
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}
