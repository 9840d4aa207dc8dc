/**
 * The one door to regular expressions that come from a scenario: RE2, whose time is linear in the text. Called by
 * expression.ts for matches(). Invariant: the work of a match is at most `size` times the characters of the text; there is no
 * backtracking, and so no pattern that takes for ever.
 */
import { RE2JS, RE2JSException } from "re2js";

/** Instructions a compiled pattern may have: `[a-z]{1,100}` has about 200. */
export const MAX_PATTERN_SIZE = 500;

/** Why a pattern cannot be used. */
export class PatternError extends Error {
  override readonly name = "PatternError";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

export interface Pattern {
  /** Instructions, at least 1. */
  readonly size: number;
  /** Whether any part of the text matches. */
  test(text: string): boolean;
}

/** Compiling is slow, and the same expression is compiled by every check and every engine. */
const compiled = new Map<string, Pattern>();
const MAX_COMPILED = 200;

/** @throws PatternError */
export function compilePattern(source: string): Pattern {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const pattern = compile(source);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(source, pattern);
  return pattern;
}

function compile(source: string): Pattern {
  const most = repetitions(source);
  if (most > MAX_PATTERN_SIZE) throw tooLarge();
  try {
    const pattern = RE2JS.compile(source);
    const size = Math.max(1, pattern.programSize());
    if (size > MAX_PATTERN_SIZE) throw tooLarge();
    return { size, test: (text) => pattern.test(text) };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const what = error.message.replace(/^error parsing regexp: /, "");
    throw new PatternError(what, "the syntax is RE2's: no back-references and no look-around");
  }
}

/** All numbers of `{n,m}` together, so that what is far too large is not compiled first. */
function repetitions(source: string): number {
  let sum = 0;
  for (const [, least = "0", most = ""] of source.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g)) {
    sum += Math.max(Number(least), Number(most));
  }
  return sum;
}

function tooLarge(): PatternError {
  const what = `it takes more than ${MAX_PATTERN_SIZE} instructions`;
  return new PatternError(what, "repeat less in it, or use startsWith, endsWith or contains");
}
