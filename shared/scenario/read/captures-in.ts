/**
 * The names that a document captures, wherever it does: sections refer to them before the section that captures is read.
 * Called by parse.ts. Invariant: each name once, in the order of the document, secret when any of its captures is.
 */
import { isMapping } from "../shape/words.ts";
import type { StrictScenario } from "../strict.ts";

/** Nested deeper are no captures; documents are bounded, too. */
const MAX_DEPTH = 40;
/** Sections in which something may be captured. */
const SECTIONS = ["messages", "flow", "roles"] as const;

export function capturesIn(
  document: Readonly<Record<string, unknown>>,
): StrictScenario["captures"] {
  const found = new Map<string, boolean>();
  for (const section of SECTIONS) collect(document[section], found, 0);
  const { hooks } = document;
  if (isMapping(hooks)) collectSet(hooks["set"], found);
  return [...found].map(([name, secret]) => ({ name, secret }));
}

/** What hooks set is known by its name, too. */
function collectSet(set: unknown, found: Map<string, boolean>): void {
  for (const one of Array.isArray(set) ? set : []) {
    const name: unknown = isMapping(one) ? one["name"] : one;
    const secret = isMapping(one) && one["secret"] === true;
    if (typeof name === "string") found.set(name, found.get(name) === true || secret);
  }
}

function collect(value: unknown, found: Map<string, boolean>, depth: number): void {
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) for (const item of value) collect(item, found, depth + 1);
  if (!isMapping(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    // What is sent is the target's business.
    if (key === "json") continue;
    if (key === "capture" && isMapping(inner)) {
      for (const [name, one] of Object.entries(inner)) {
        const secret = isMapping(one) && one["secret"] === true;
        found.set(name, found.get(name) === true || secret);
      }
    } else collect(inner, found, depth + 1);
  }
}
