/**
 * What a witness is: it looks at what a run holds beside its results (probes, kernels, the target's own figures, single failures) and says
 * what that means for a cause somebody else has named. Each is one file and one line of registry.ts. Invariant: what speaks for a cause may
 * make it surer; what speaks against it is said, and makes nothing surer by being absent.
 */
import type { CauseId } from "../../findings/causes.ts";
import type { Evidence } from "../../judgement.ts";
import type { Hypothesis } from "../detector.ts";
import type { Signals } from "../signals.ts";

export interface Testimony {
  readonly evidence: readonly Evidence[];
  readonly against: readonly string[];
  /** A cause that was only possible is likely with it. */
  readonly isSurer: boolean;
  /** Beginnings of what was said against it because nobody knew this. */
  readonly settles: readonly string[];
  /** Where it lies is not known, unless the cause says so. */
  readonly isInseparable?: true;
  /** What would tell, in place of the cause's own. */
  readonly nextProbe?: string;
}

export interface Witness {
  /** Causes it knows something of; null: all. */
  readonly causes: ReadonlySet<CauseId> | null;
  /** null: it has seen nothing that says anything. */
  readonly hear: (signals: Signals, hypothesis: Hypothesis) => Testimony | null;
}

export const NOTHING: Testimony = { evidence: [], against: [], isSurer: false, settles: [] };
