/**
 * What a target may do to a connection that a fault asked something of: counted for kinds that say so, one for each connection they
 * hit. Used by names.ts, which gives each a name, by workers, which count them, and by results. Invariant: the list only ever gains
 * entries.
 */

/** Close codes with an outcome of their own; the others are one. */
const CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011] as const;

export const OUTCOMES = [
  ...CODES.map((code) => `closed${code}` as const),
  "closedOtherwise",
  /** Without a Close frame: by RST, or by FIN. */
  "reset",
  "ended",
  /** It is open, and a ping behind what was sent was answered; or was not, for 5 s. */
  "answered",
  "noAnswer",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export function closedWith(code: number): Outcome {
  const own = `closed${code}` as Outcome;
  return OUTCOMES.includes(own) ? own : "closedOtherwise";
}
