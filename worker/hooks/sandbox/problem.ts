/**
 * What went wrong in a hook, as text. Called by main.ts. Invariant: whatever was thrown, of whatever kind, this throws nothing.
 */
import { MAX_PROBLEM_CHARS } from "../protocol.ts";

/** The message, and where in the user's file when the stack says so. */
export function problemOf(error: unknown): string {
  try {
    const { name, message, stack } = Object(error) as Partial<Error>;
    const isError = typeof message === "string";
    const text = isError ? `${name ?? "Error"}: ${message}` : String(error);
    const place = isError
      ? /\((?:hooks:)?([^()\s]+:\d+):\d+\)|at ([^()\s]+:\d+):\d+/.exec(stack ?? "")
      : null;
    const where = place?.[1] ?? place?.[2] ?? "";
    const isOurs = where.startsWith("node:") || where.startsWith("file:");
    const told = where === "" || isOurs ? text : `${text} (${where})`;
    return told.slice(0, MAX_PROBLEM_CHARS) || "it threw something without a message";
  } catch {
    return "it threw something that has no text";
  }
}
