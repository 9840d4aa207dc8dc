/**
 * Finds the placeholders in a text. Called by template.ts and by the checks. Invariant: joining the
 * pieces gives the text back, except that `{{{{` became the literal `{{`.
 */
import { TemplateError } from "./template-error.ts";

/** One piece of a scanned text. */
export type Piece =
  | { readonly literal: string }
  | { readonly source: string; readonly offset: number };

const RAW = /^(\s*raw\s*\()(.*)\)\s*$/s;

/** What stands in `raw(…)`, when that is the whole placeholder. */
export function insideRaw(source: string): { source: string; offset: number } | null {
  const match = RAW.exec(source);
  return match === null ? null : { source: match[2] ?? "", offset: match[1]?.length ?? 0 };
}

/**
 * Splits text at its placeholders; `{{{{` gives the literal `{{`.
 * @throws TemplateError for a placeholder that does not end.
 */
export function scanPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let literal = "";
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf("{{", at);
    if (next < 0) break;
    literal += text.slice(at, next);
    if (text.startsWith("{{{{", next)) {
      literal += "{{";
      at = next + 4;
      continue;
    }
    const end = placeholderEnd(text, next + 2);
    if (end < 0) {
      const hint = text.startsWith("{{{", next)
        ? "two braces are a placeholder: {{vars.x}}; a third one ahead of it is {{'{'}}"
        : "close it with }}, or write {{{{ for literal braces";
      throw new TemplateError("the placeholder does not end", next, hint);
    }
    if (literal !== "") pieces.push({ literal });
    literal = "";
    pieces.push({ source: text.slice(next + 2, end), offset: next + 2 });
    at = end + 2;
  }
  literal += text.slice(at);
  if (literal !== "") pieces.push({ literal });
  return pieces;
}

/** Position of the closing `}}`, past quoted text and nested braces; -1 when there is none. */
function placeholderEnd(text: string, from: number): number {
  let depth = 0;
  let quote = "";
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote !== "") {
      if (char === "\\") at++;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === "{") depth++;
    else if (char === "}") {
      if (depth === 0) return text.startsWith("}}", at) ? at : -1;
      depth--;
    }
  }
  return -1;
}
