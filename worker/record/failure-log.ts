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
  readonly sample: FailureSample;
}

export class FailureLog {
  readonly #text: TargetText;
  #groups = new Map<string, { group: FailureGroup; count: number }>();

  constructor(text: TargetText) {
    this.#text = text;
  }

  add(failure: Failure, count = 1): void {
    const signature = this.#text.clean(failure.signature, MAX_SIGNATURE);
    const known = this.#find(failure, signature);
    if (known) {
      known.count += count;
      return;
    }
    const room = this.#groups.size < MAX_GROUPS;
    if (!room) {
      const other = this.#find(failure, OTHER);
      if (other) {
        other.count += count;
        return;
      }
    }
    const kept = room ? signature : OTHER;
    const sample = {
      ...failure.sample,
      detail: this.#text.clean(failure.sample.detail, MAX_DETAIL),
    };
    const { kind, phase, target } = failure;
    this.#groups.set(keyOf(failure, kept), {
      group: { kind, signature: kept, phase, target, count: 0, sample },
      count,
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
