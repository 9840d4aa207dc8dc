/**
 * The fields of a form (application/x-www-form-urlencoded) as a template of a URL: compileUrl makes its body of it. Called by the
 * check of HTTP steps and by the worker. Pure. Invariant: whatever a name or value holds, it stays that of its field.
 */
import type { StrictForm } from "../strict-conversation.ts";
import { scanPieces } from "./scan.ts";

/** @throws TemplateError for a value with a placeholder that does not end */
export function formText(fields: StrictForm["fields"]): string {
  return fields.map(([name, value]) => `${encoded(name)}=${encodedTemplate(value)}`).join("&");
}

/** Placeholders stay as they are: their values are encoded when they are known. */
function encodedTemplate(value: string): string {
  return scanPieces(value)
    .map((piece) => ("literal" in piece ? encoded(piece.literal) : `{{${piece.source}}}`))
    .join("");
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
