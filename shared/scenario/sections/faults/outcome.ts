/**
 * What a target may do about a fault that asked something of it: counted for kinds that say so. Used by names.ts, which gives each a
 * name, by workers, which count them, and by results. Invariant: the lists only ever gain entries.
 */

/** Close codes with an outcome of their own; the others are one. */
const CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011] as const;

/** What became of a connection that a fault sent something on; one for each that it hit. */
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

/** HTTP statuses with an outcome of their own; the others are one. */
const STATUSES = [400, 401, 403, 404, 408, 409, 426, 429, 431, 500, 502, 503] as const;

/** What became of a handshake that a fault altered, or made beside those of the plan; one for each. */
export const ANSWERS = [
  /** 101. */
  "accepted",
  ...STATUSES.map((status) => `status${status}` as const),
  "statusOtherwise",
  /** What came is no answer to an upgrade. */
  "invalidAnswer",
  /** The target ended it before it had answered: by RST, or by FIN. */
  "handshakeReset",
  "handshakeEnded",
  /** The target had not answered when its time was over, or the fault. */
  "unanswered",
  /** TCP or TLS did not come about. */
  "notConnected",
  /** There was no room for it, the generator was short of something, or the scenario makes no request that can be sent. */
  "notMade",
] as const;

/** Which of two connections with the same handshake the target ended; one for each pair whose second was accepted. */
export const RIVALS = ["firstClosed", "secondClosed", "bothClosed", "neitherClosed"] as const;

export const ALL_OUTCOMES = [...OUTCOMES, ...ANSWERS, ...RIVALS] as const;
export type Outcome = (typeof ALL_OUTCOMES)[number];

export function closedWith(code: number): Outcome {
  return known(`closed${code}`, "closedOtherwise");
}

export function refusedWith(status: number): Outcome {
  return known(`status${status}`, "statusOtherwise");
}

function known(name: string, otherwise: Outcome): Outcome {
  return ALL_OUTCOMES.find((outcome) => outcome === name) ?? otherwise;
}
