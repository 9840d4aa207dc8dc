/** What is done to workers, as a strict scenario, the bus and the journal have it: plain data. Made by the kinds of this folder. */

/** More is no fault of a generator, but the end of the run. */
export const MAX_FOR_US = 10 * 60_000_000;

/** Workers that have a part in the run when it begins. */
export interface StrictWorkers {
  /** Of all of them; at least one. Without meaning beside a count or a name. */
  readonly share: number;
  readonly count: number | null;
  /** The one of this id. */
  readonly worker: string | null;
}

/** What a worker does to itself. */
export type WorkerEffect =
  | { readonly kind: "kill" }
  /** All of its threads stand still. */
  | { readonly kind: "pause"; readonly forUs: number }
  /** What it asks of the bus does not get there, and no answer gets back. */
  | { readonly kind: "isolate"; readonly forUs: number }
  /** Its wall clock reads so much more. */
  | { readonly kind: "skew"; readonly forUs: number; readonly byMs: number };

/** The strict form of a kind that is done to workers. */
export interface WorkerAct {
  readonly workers: StrictWorkers;
  readonly effect: WorkerEffect;
}
