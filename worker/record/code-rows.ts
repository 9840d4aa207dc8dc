/**
 * HTTP statuses and close codes of failures since the last frame, counted exactly whatever text came with them. Owned by
 * the failure log. Invariant: one row for each kind and code, of which there are fewer than CODE_LIMIT each.
 */
import { CODE_LIMIT, type CodedKind, codeOf } from "../../shared/stats/failure-code.ts";
import type { FailureKind } from "../../shared/stats/failure-kind.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";

export class CodeRows {
  readonly #counts = new Map<CodedKind, Map<number, number>>();

  /** A failure; one without a code is not counted here. */
  count(kind: FailureKind, signature: string, count: number): void {
    const coded = codeOf(kind, signature);
    if (coded === null || coded.code >= CODE_LIMIT) return;
    let counts = this.#counts.get(coded.kind);
    if (!counts) {
      counts = new Map();
      this.#counts.set(coded.kind, counts);
    }
    counts.set(coded.code, (counts.get(coded.code) ?? 0) + count);
  }

  /** All rows since the last cut. */
  cut(): Frame["codes"] {
    const cut: Frame["codes"][number][] = [];
    for (const [kind, counts] of this.#counts) {
      for (const [code, count] of counts) cut.push({ kind, code, count });
      counts.clear();
    }
    return cut;
  }
}
