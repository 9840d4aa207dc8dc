/**
 * Markup that cannot be forged: the `html` tag escapes every value but markup it made itself. Called by everything
 * in this folder. Invariant: text of a target, a file or a scenario reaches the page as visible text and nothing
 * else; control, format and bidirectional characters are shown as \u{…}.
 */
import { escapeControls } from "../../../shared/scenario/issue.ts";

const MADE = new WeakSet<Markup>();

/** Only `html` makes these. */
export interface Markup {
  readonly markup: string;
}

export type Part = string | number | null | false | Markup | readonly Part[];

/** Text is escaped, lists are joined, null and false are nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let markup = texts[0] ?? "";
  for (const [at, part] of parts.entries()) markup += rendered(part) + (texts[at + 1] ?? "");
  return made(markup);
}

export const NOTHING: Markup = html``;

/** One line of foreign text: visible characters only, at most `maxChars` of them. */
export function line(text: string, maxChars = 300): string {
  const shown = escapeControls(text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, ""));
  return text.length > maxChars ? `${shown}…` : shown;
}

/** Foreign text of several lines, each as `line`. */
export function lines(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map((one) => line(one.replaceAll("\t", "  "), 2000))
    .join("\n");
}

/** A value as JSON inside a script element that is data: nothing in it can end the element. */
export function jsonData(value: unknown): Markup {
  const text = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return made(text);
}

/** Our own script or style, whose hash the policy names. */
export function ownCode(code: string): Markup {
  return made(code);
}

function made(markup: string): Markup {
  const result = { markup };
  MADE.add(result);
  return result;
}

function rendered(part: Part): string {
  if (part === null || part === false) return "";
  if (typeof part === "string") return escaped(part);
  if (typeof part === "number") return String(part);
  if (isList(part)) return part.map(rendered).join("");
  // A look-alike that came out of parsed JSON is text, not markup.
  return MADE.has(part) ? part.markup : escaped(part.markup);
}

function isList(part: Part): part is readonly Part[] {
  return Array.isArray(part);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? "");
}
