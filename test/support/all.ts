/** What tests play of variants that are alike. Used by tests whose variants are processes or runs of their own. */

/** Every variant: `ONRUSH_TEST_ALL=1`. */
export const ALL = process.env["ONRUSH_TEST_ALL"] === "1";

/** Of a case in a list: the variants it is played with, all of them or the one whose turn it is. @param at place of the case, from 0 */
export function inTurn<T>(variants: readonly T[], at: number): readonly T[] {
  return ALL ? variants : variants.slice(at % variants.length).slice(0, 1);
}
