/**
 * The amount and nesting of a YAML text, measured on its tokens. Called by document.ts before the text is
 * composed, because the composer recurses and hostile nesting would exhaust its stack. Invariant: the
 * lexer does not recurse, and what passes here composes within bounded stack and time.
 */
import { Lexer } from "yaml";
import type { Path } from "../issue.ts";

export const MAX_DEPTH = 48;
export const MAX_ALIASES = 200;
export const ALIAS_HINT = "write the values out, or use vars";
const MAX_TOKENS = 500_000;
const MAX_DIRECTIVES = 16;

/** A problem at an offset of the text. */
export interface Flaw {
  readonly offset: number;
  readonly path: Path;
  readonly what: string;
  readonly hint: string;
}

/** Markers the lexer puts between tokens; they take no room in the text. */
const MARKERS = ["\u0002", "\u0018", "\u001f"];

/** Follows the tokens and knows how deep they nest: flow brackets, indentation, and `- - -` on one line. */
class Nesting {
  offset = 0;
  private readonly indents: number[] = [];
  private flow = 0;
  private compact = 0;
  private column = 0;
  private lineStart = true;

  /** Depth with this token; takes it in. */
  take(token: string): number {
    if (token.trim() !== "") this.enter(token);
    const compact = this.flow > 0 ? 0 : this.compact;
    const depth = Math.max(this.flow + this.indents.length, compact);
    this.leave(token);
    return depth;
  }

  private enter(token: string): void {
    if (this.lineStart) {
      while ((this.indents.at(-1) ?? -1) >= this.column) this.indents.pop();
      this.indents.push(this.column);
      this.lineStart = false;
    }
    if (token === "[" || token === "{") this.flow++;
    else if (token === "]" || token === "}") this.flow = Math.max(0, this.flow - 1);
    else if (this.flow === 0 && (token === "-" || token === "?" || token === ":")) this.compact++;
  }

  private leave(token: string): void {
    this.offset += token.length;
    if (token.endsWith("\n")) {
      this.lineStart = true;
      this.compact = 0;
      this.column = 0;
    } else if (token.includes("\n")) this.column = token.length - token.lastIndexOf("\n") - 1;
    else this.column += token.length;
  }
}

/** Offset of the last token that starts with `quote`: where an unclosed text was opened. */
export function lastQuote(text: string, quote: string): number {
  let offset = 0;
  let found = 0;
  for (const token of new Lexer().lex(text)) {
    if (MARKERS.includes(token)) continue;
    if (token.startsWith(quote)) found = offset;
    offset += token.length;
  }
  return found;
}

/** The first excess, or null when the text may be composed. */
export function checkTokens(text: string): Flaw | null {
  const nesting = new Nesting();
  let tokens = 0;
  let aliases = 0;
  let directives = 0;
  for (const token of new Lexer().lex(text)) {
    const { offset } = nesting;
    const flaw = (what: string, hint: string): Flaw => ({ offset, path: [], what, hint });
    if (++tokens > MAX_TOKENS) return flaw("too many elements", "a scenario needs fewer");
    if (MARKERS.includes(token)) continue;
    if (nesting.take(token) > MAX_DEPTH) {
      return flaw(`nested deeper than ${MAX_DEPTH} levels`, "a scenario needs no such depth");
    }
    if (token.startsWith("*") && ++aliases > MAX_ALIASES) {
      return flaw(`aliases expand too far: more than ${MAX_ALIASES} of them`, ALIAS_HINT);
    }
    if (token.startsWith("%") && ++directives > MAX_DIRECTIVES) {
      return flaw("too many directives", "a scenario needs none");
    }
  }
  return null;
}
