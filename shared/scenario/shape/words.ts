/**
 * How issues name values. Called by the fields, the sections and the reader of zod's issues. Invariant: a value of the
 * file is quoted and cut, whatever it is.
 */
import { quoted } from "../units.ts";

/** Separates "what" from "hint" in the message of an issue. */
export const HINT = "\u0000";

export function message(what: string, hint: string): string {
  return `${what}${HINT}${hint}`;
}

/** A value in a message. */
export function describe(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return `the text ${quoted(value)}`;
  return typeof value === "object" ? "a mapping" : String(value);
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
