/**
 * Failures seen since the last frame: exact counts grouped by (kind, signature, phase, target), each with its
 * first sample. Told by connections through the recorder. Bound: MAX_GROUPS groups a frame; what comes
 * beyond is counted under the signature "other". Text from the target is masked and made harmless here, once.
 */

import type { TargetText } from "../../shared/scenario/target-text.ts";
import type { FailureKind } from "../../shared/stats/failure-kind.ts";
import type { FailureGroup, FailureSample } from "../../shared/wire/frame.ts";

const MAX_GROUPS = 200;
const MAX_SIGNATURE = 120;
const MAX_DETAIL = 500;
const OTHER = "other";

export interface Failure {
  readonly kind: FailureKind;
  /** Raw; digits that only number things should already be out of it. */
  readonly signature: string;
  readonly phase: number;
  readonly target: number;
}

export class FailureLog {
  readonly #text: TargetText;
  #groups = new Map<string, { group: FailureGroup; count: number }>();

  constructor(text: TargetText) {
    this.#text = text;
  }

  /** Counts a failure. @returns false when it is the first of its group: then add() it, with a sample */
  more(failure: Failure): boolean {
    const known =
      this.#find(failure, this.#text.clean(failure.signature, MAX_SIGNATURE)) ??
      (this.#groups.size < MAX_GROUPS ? undefined : this.#find(failure, OTHER));
    if (known) known.count++;
    return known !== undefined;
  }

  /** Counts a failure that more() did not know. */
  add(failure: Failure, sample: FailureSample): void {
    const { kind, phase, target } = failure;
    const room = this.#groups.size < MAX_GROUPS;
    const signature = room ? this.#text.clean(failure.signature, MAX_SIGNATURE) : OTHER;
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

  #find(failure: Failure, signature: string) {
    return this.#groups.get(keyOf(failure, signature));
  }
}

function keyOf(failure: Failure, signature: string): string {
  return `${failure.kind}|${failure.phase}|${failure.target}|${signature}`;
}
