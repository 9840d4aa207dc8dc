/**
 * What the network between a connection and its target is like while a fault acts on it: what kinds of the stage "network" ask of
 * their victims (action.ts). Done by worker/socket/link. Invariant: bytes are late, slow or held back, and never lost, repeated
 * or out of order, as TCP has it.
 */

/** Uniform in [0, 1), another one at each call: of one connection and direction, a function of the seed and the number of the call. */
export type Draw = () => number;

/** As the client sees it: out is to the target. */
export type Direction = "both" | "in" | "out";

/** Of several that act together delays add up, and the lowest rate counts. */
export interface LinkCondition {
  readonly direction: Direction;
  /** How long bytes that were written or read together are on their way, microseconds. What comes behind them waits for them. */
  delayUs?(draw: Draw, atUs: number): number;
  /** Bytes per second; a function of run time where it changes. */
  readonly ratePerSec?: number | ((atUs: number) => number);
  /** Nothing passes. */
  readonly blocked?: boolean;
  /** It is cut when this time has passed, microseconds, or this many bytes have. */
  readonly cut?: {
    readonly afterUs: number;
    readonly afterBytes: number;
    readonly signature: string;
  };
}
