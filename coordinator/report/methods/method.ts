/**
 * What is said of a statistic. Used by the lists of them (registry.ts). Invariant: `file` and `symbol` are the code that computes it.
 */
import type { CauseId } from "../../analysis/findings/causes.ts";
import type { Facts } from "../outline/section.ts";

export interface Method {
  readonly title: string;
  readonly formula: string;
  readonly assumes: string;
  readonly source: string;
  /** Where readers meet it. */
  readonly usedFor: string;
  /** From the top of the repository, and the function in it. */
  readonly file: string;
  readonly symbol: string;
  /** Findings that rest on it. */
  readonly causes: readonly CauseId[];
  /** Whether figures of this report, beside its findings, rest on it. */
  readonly isShown: (facts: Facts) => boolean;
}

export const never = () => false;
