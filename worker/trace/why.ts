/**
 * Which parts of a condition were not true of a message, and what they compared. Called by expectations.ts. Pure.
 * Invariant: the parts, joined by `&&`, are the condition; one that cannot be split is one part.
 */
import {
  compileMatch,
  compileReading,
  type MessageFacts,
} from "../../shared/scenario/expression/message-expression.ts";
import type { WhyPart } from "../../shared/wire/trace.ts";

const MAX_PARTS = 20;
const MAX_VALUE = 200;
const COMPARISON = /^(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/s;
/** What is no constant: a path that begins with a variable. */
const PATH = /^(m|sent|conn|text|size)\b/;

export interface Judged {
  readonly m: unknown;
  readonly sent: unknown;
  readonly facts: MessageFacts;
}

/** The parts of a condition over this message, each judged by itself. */
export function whyNot(where: string, judged: Judged): WhyPart[] {
  return conjuncts(where)
    .slice(0, MAX_PARTS)
    .map((source) => ({ source, holds: judge(source, judged), values: valuesOf(source, judged) }));
}

/** Cut at each `&&` outside of brackets and quotes; not at all beside `||` or `?`, which bind less. */
export function conjuncts(where: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let from = 0;
  for (let at = 0; at < where.length; at += 1) {
    const character = where[at] ?? "";
    if (quote !== "") {
      if (character === "\\") at += 1;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth -= 1;
    else if (depth > 0) continue;
    else if (character === "?" || where.startsWith("||", at)) return [where.trim()];
    else if (where.startsWith("&&", at)) {
      parts.push(where.slice(from, at).trim());
      at += 1;
      from = at + 1;
    }
  }
  return [...parts, where.slice(from).trim()];
}

function judge(source: string, { m, sent, facts }: Judged): boolean | null {
  try {
    return compileMatch(source).judge(m, sent, facts);
  } catch {
    return null;
  }
}

/** What the sides of a comparison were, but for constants. */
function valuesOf(source: string, judged: Judged): string {
  const sides = COMPARISON.exec(source);
  const paths = (sides === null ? [source] : [sides[1] ?? "", sides[3] ?? ""]).filter((side) =>
    PATH.test(side),
  );
  return paths.map((path) => `${path} is ${shownValue(path, judged)}`).join(", ");
}

function shownValue(path: string, { m, sent, facts }: Judged): string {
  try {
    const value = compileReading(path).read(m, sent, facts);
    if (value === null || value === undefined) return "missing";
    return (JSON.stringify(value) ?? String(value)).slice(0, MAX_VALUE);
  } catch {
    return "not readable";
  }
}
