/**
 * What a null case is: a test of the analysis, and series or runs in which there is nothing for it to find. Listed in registry.ts, measured
 * by measure.ts. Invariant: a simulation is a function of its number and the correlation alone.
 */
export interface NullCase {
  /** As docs/methods.md names it. */
  readonly test: string;
  /** What is simulated, and what counts as an alarm. */
  readonly about: string;
  readonly symbol: string;
  /** From the top of the repository. */
  readonly file: string;
  /** Share of simulations in which chance may alarm. */
  readonly nominal: number;
  /** At each correlation. */
  readonly simulations: number;
  /** @param correlation of neighbouring seconds */
  isAlarm(simulation: number, correlation: number): boolean;
}

/** From the top of the repository. */
export const STATS = "coordinator/analysis/stats";
