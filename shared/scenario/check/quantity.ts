/**
 * Quantities that the schema has already accepted. Called by the files of this folder. Invariant: a
 * failure here is a bug of ours, not of the scenario.
 */
import { assert } from "../../assert.ts";
import type { Parsed } from "../units.ts";

/** @throws InvariantError when the schema let something through that does not parse. */
export function quantity(parsed: Parsed<number>): number {
  assert(parsed.ok, "a quantity that passed the schema does not parse");
  return parsed.value;
}

/** As quantity, or `otherwise` when the key was left out. */
export function quantityOr(
  text: string | undefined,
  parse: (text: string) => Parsed<number>,
  otherwise: number,
): number {
  return text === undefined ? otherwise : quantity(parse(text));
}
