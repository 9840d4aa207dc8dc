/**
 * What the format will have and this version has not, in one table. Called where names of a scenario are looked up.
 * Invariant: such a name is refused by name, and never suggested; an entry goes when its feature comes.
 */
import type { Path } from "./issue.ts";

/** By the path of the mapping that holds the key; `*` is any index. */
const KEYS: Readonly<Record<string, readonly string[]>> = {};
const MEASURES: readonly string[] = [];
const SELECTORS: readonly string[] = [];

type Fault = { readonly what: string; readonly hint: string };

function faultOf(name: string): Fault {
  const hint = "remove it, or use a version of Onrush that has it";
  return { what: `${name} is not supported by this version`, hint };
}

/** null: the key is not one to come. */
export function laterKey(parent: Path, key: string): Fault | null {
  const place = parent.map((part) => (typeof part === "number" ? "*" : part)).join(".");
  return Object.hasOwn(KEYS, place) && KEYS[place]?.includes(key) ? faultOf(key) : null;
}

export function laterMeasure(name: string): Fault | null {
  return MEASURES.includes(name) ? faultOf(name) : null;
}

export function laterSelector(name: string): Fault | null {
  return SELECTORS.includes(name) ? faultOf(`the selector ${name}`) : null;
}
