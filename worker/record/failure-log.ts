/**
 * Failures seen since the last frame: exact counts grouped by (kind, signature, phase, target), each with its
 * first sample. Called by connections through the recorder. Bound: MAX_GROUPS groups a frame; what comes
 * beyond is counted under its code, where it has one, and "other". Text from the target is masked and made harmless here, once.
 */

import type { TargetText } from "../../shared/scenario/mask/target-text.ts";
import { otherSignature } from "../../shared/stats/failure-code.ts";
import type { FailureKind } from "../../shared/stats/failure-kind.ts";
import type { FailureGroup, FailureSample } from "../../shared/wire/frame/frame.ts";
import { CodeRows } from "./code-rows.ts";

const MAX_GROUPS = 200;
const MAX_SIGNATURE = 120;
const MAX_DETAIL = 500;
/** Groups of what comes beyond, by code where there is one. */
const MAX_OTHERS = 200;
const OTHER = "other";

export interface Failure {
  readonly kind: FailureKind;
  /** Raw; digits that only number things should already be out of it. */
  readonly signature: string;
  readonly phase: number;
  readonly target: number;
}

export class FailureLog {
  /** Statuses and close codes, exact whatever text came with them. */
  readonly codes = new CodeRows();
  readonly #text: TargetText;
  #groups = new Map<string, { group: FailureGroup; count: number }>();

  constructor(text: TargetText) {
    this.#text = text;
  }

  /** Counts a failure. @returns false when it is the first of its group: then add() it, with a sample */
  more(failure: Failure): boolean {
    this.codes.count(failure.kind, failure.signature, 1);
    const known = this.#find(failure, this.#text.clean(failure.signature, MAX_SIGNATURE));
    const group = known ?? (this.#isFull ? this.#find(failure, this.#other(failure)) : undefined);
    if (group) group.count++;
    return group !== undefined;
  }

  /** Counts a failure that more() did not know. */
  add(failure: Failure, sample: FailureSample): void {
    const { kind, phase, target } = failure;
    const signature = this.#isFull
      ? this.#other(failure)
      : this.#text.clean(failure.signature, MAX_SIGNATURE);
    const kept = { ...sample, detail: this.#text.clean(sample.detail, MAX_DETAIL) };
    this.#groups.set(keyOf(failure, signature), {
      group: { kind, signature, phase, target, count: 0, sample: kept },
      count: 1,
    });
  }

  /** All groups since the last cut. */
  cut(): FailureGroup[] {
    const cut = [...this.#groups.values()].map(({ group, count }) => ({ ...group, count }));
    this.#groups = new Map();
    return cut;
  }

  get #isFull(): boolean {
    return this.#groups.size >= MAX_GROUPS;
  }

  /** Where a failure without room is counted; bounded as well, for a target could answer with every code there is. */
  #other(failure: Failure): string {
    const other = otherSignature(failure.kind, failure.signature);
    if (this.#groups.size < MAX_GROUPS + MAX_OTHERS) return other;
    return this.#find(failure, other) ? other : OTHER;
  }

  #find(failure: Failure, signature: string) {
    return this.#groups.get(keyOf(failure, signature));
  }
}

function keyOf(failure: Failure, signature: string): string {
  return `${failure.kind}|${failure.phase}|${failure.target}|${signature}`;
}
