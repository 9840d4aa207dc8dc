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

function jsonTextOf(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint" ? Number(part) : part,
  );
  if (text === undefined || ArrayBuffer.isView(value)) throw new Error("not a value of JSON");
  return text;
}

/** @param ms since the epoch @returns such as 2026-11-29T22:23:33.123Z */
function isoTime(ms: number | bigint): string {
  return new Date(Number(ms)).toISOString();
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}
