/**
 * Failures seen since the last frame: exact counts grouped by (kind, signature, phase, target), each with its
 * first sample. Told by connections through the recorder. Bound: MAX_GROUPS groups a frame; what comes
 * beyond is counted under the signature "other". Text from the target is made harmless here, once.
 */
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
  #groups = new Map<string, { group: FailureGroup; count: number }>();

  add(failure: Failure, count = 1): void {
    const signature = harmless(failure.signature, MAX_SIGNATURE);
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
    const sample = { ...failure.sample, detail: harmless(failure.sample.detail, MAX_DETAIL) };
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

/** Control, format and surrogate characters become \u{…}; the rest stays; cut to `max` characters. */
export function harmless(text: string, max: number): string {
  const escaped = text
    .slice(0, max)
    .replace(
      /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );
  return escaped.length > max || text.length > max ? `${escaped.slice(0, max - 1)}…` : escaped;
}
