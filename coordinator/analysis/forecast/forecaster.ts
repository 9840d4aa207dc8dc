/**
 * What a forecaster is: it names figures that may grow until they reach a limit; forecasts.ts does the rest. One file each, listed in
 * registry.ts. Invariant: a figure is read by the second, and null where nobody has told of it.
 */
import type { RunFold } from "../../merge/run-fold.ts";

export interface Figure {
  /** Foreign text of a target's own figures. */
  readonly name: string;
  readonly of: "target" | "generator";
  /** null: none is known. */
  readonly limit: number | null;
  /** Growth is told by the connection-hour and by the message, too. */
  readonly isMemory: boolean;
  /** At a second of run time. */
  read(second: number): number | null;
}

export interface Forecaster {
  readonly meta: {
    readonly id: string;
    /** For docs/observe.md: which figures, and where their limit is from. */
    readonly doc: string;
  };
  figures(fold: RunFold): readonly Figure[];
}
