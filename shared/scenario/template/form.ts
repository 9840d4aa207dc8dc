/**
 * The fields of a form (application/x-www-form-urlencoded) as a template of a URL: compileUrl makes its body of it. Called by the
 * check of HTTP steps and by the worker. Pure. Invariant: whatever a name or value holds, it stays that of its field; so there is no raw().
 */
import type { StrictForm } from "../strict-conversation.ts";
import { insideRaw, type Piece, scanPieces } from "./scan.ts";
import { TemplateError } from "./template-error.ts";

/** @throws TemplateError for a value with a placeholder that does not end, or with raw(); its offset counts within the value */
export function formText(fields: StrictForm["fields"]): string {
  return fields.map(([name, value]) => `${encoded(name)}=${encodedTemplate(value)}`).join("&");
}

/** Placeholders stay as they are: their values are encoded when they are known. */
function encodedTemplate(value: string): string {
  return scanPieces(value)
    .map((piece) => ("literal" in piece ? encoded(piece.literal) : placeholder(piece)))
    .join("");
}

function placeholder({ source, offset }: Exclude<Piece, { readonly literal: string }>): string {
  if (insideRaw(source) === null) return `{{${source}}}`;
  const hint = "values are encoded, whatever they hold: leave raw() out";
  throw new TemplateError("raw() is for URLs, not for forms", offset, hint);
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
