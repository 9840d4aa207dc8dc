/**
 * Makes text that came from a target (close reasons, header values, payload parts inside failure
 * signatures) safe to write to a terminal. Called by everything in this folder that prints such text.
 * Invariant: the result holds no character that can move the cursor, start an escape sequence, reorder
 * or hide neighbouring text, or break a line; and it is at most `maxLength` characters long.
 */
import { escapeControls } from "../../../shared/scenario/issue.ts";

/**
 * @param text anything a target said
 * @param maxLength bound of the result in UTF-16 units; what is longer ends in "…"
 */
export function escapeForTerminal(text: string, maxLength = 160): string {
  // Cut before escaping too, so that a megabyte of text costs no more than its visible part.
  const escaped = escapeControls(text.slice(0, maxLength + 1).replace(/[\ud800-\udbff]$/, ""));
  if (escaped.length <= maxLength && text.length <= maxLength) return escaped;
  return `${escaped.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
