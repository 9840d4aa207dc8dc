/**
 * Faults of a strict scenario: what is done to whom, and when. As in strict.ts nothing is optional and every unit is fixed; all
 * of it is plain data.
 */
import type { Ramped } from "./fault-ramp.ts";
import type { FaultAct } from "./sections/faults/registry.ts";

/** Whom a fault is about: of the connections that are planned to be open then, and of those the role and the target. */
export interface StrictVictims {
  /** Of the candidates, more than 0 to 1; it may grow while the fault acts. A count goes before it. */
  readonly share: Ramped;
  readonly count: number | null;
  readonly role: string | null;
  /** Label of a target, or its URL where it has none. */
  readonly target: string | null;
  /** Id of a worker: of the victims those that it holds. */
  readonly worker: string | null;
}

export interface StrictFault {
  /** Unique in the scenario. */
  readonly name: string;
  /** Position of the phase it is anchored to, and how long after the phase's beginning it begins first. */
  readonly phase: number;
  readonly offsetUs: number;
  /** 0: it is done in a moment. */
  readonly forUs: number;
  /** From one beginning to the next. */
  readonly everyUs: number;
  /** How often it begins by itself; 0: only when it is asked for. */
  readonly times: number;
  /** Run time at which it was ended by hand: nothing of it acts, or begins, from then on. null: it goes as planned. */
  readonly endedUs: number | null;
  readonly victims: StrictVictims;
  /** So many of those it hit are to be back so long after it began; null: not judged. */
  readonly recovered: { readonly withinUs: number; readonly share: number } | null;
  /** What its kind does, with the options of its own. */
  readonly act: FaultAct;
}
