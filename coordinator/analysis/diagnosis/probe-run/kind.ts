/**
 * What a kind of probe run is: one change of the scenario, and how the second run decides between causes that the first one cannot tell
 * apart. Each is one file and one line of registry.ts. Invariant: it decides by what causes must do differently under its change; what does
 * neither, or shows nothing, decides nothing.
 */
import type { StrictScenario } from "../../../../shared/scenario/strict.ts";
import type { CauseId } from "../../findings/causes.ts";
import type { Hypothesis } from "../detector.ts";
import type { Signals } from "../signals.ts";

export interface Looked {
  readonly signals: Signals;
  readonly hypothesis: Hypothesis;
}

export interface Reading {
  /** The cause that does this under the change; null: it is not decided. */
  readonly named: CauseId | null;
  /** What was seen, as the end of a sentence that begins with the change. */
  readonly seen: string;
}

export interface ProbeKind {
  readonly id: string;
  /** What is different, as in "with pings beside the messages". */
  readonly change: string;
  /** How it decides: the row of docs/diagnosis.md. */
  readonly doc: string;
  /** Of which it may say that it is one of them, and another one. */
  readonly causes: readonly [CauseId, CauseId, ...CauseId[]];
  /** What it answers of what is said against a cause. */
  readonly settles: RegExp;
  /**
   * The scenario of the probe run; null: it could not tell, or not within its bounds.
   * @param scenario of the first run, with its secrets where it is to be run
   */
  readonly plan: (scenario: StrictScenario, first: Looked) => StrictScenario | null;
  readonly read: (first: Looked, second: Signals) => Reading;
}
