/**
 * The number in a failure's signature that says more than its text: an HTTP status, a close code. Used by workers and by
 * the coordinator, so that both put a failure into the same group. Invariant: a code is a whole number below CODE_LIMIT.
 */
import type { FailureKind } from "./failure-kind.ts";

/** Kinds whose signature begins with a code; the order is that of their numbers in frames, which only ever gains. */
export const CODED_KINDS = [
  "upgrade-status",
  "close-code",
] as const satisfies readonly FailureKind[];
export type CodedKind = (typeof CODED_KINDS)[number];

/** Codes are below this: statuses have three digits, close codes four and begin with 1 to 4. */
export const CODE_LIMIT = 5000;

/** Signature of failures whose texts are too many to keep. */
const OTHER = "other";

/** The code of a failure, or null when its kind has none. */
export function codeOf(
  kind: FailureKind,
  signature: string,
): { readonly kind: CodedKind; readonly code: number } | null {
  const coded = CODED_KINDS.find((one) => one === kind);
  const digits = coded === undefined ? null : /^\d{3,4}(?=$|\s)/.exec(signature);
  return coded === undefined || digits === null ? null : { kind: coded, code: Number(digits[0]) };
}

/** What a failure is counted under when there is no room for its text: its code still leads. */
export function otherSignature(kind: FailureKind, signature: string): string {
  const code = codeOf(kind, signature)?.code;
  return code === undefined ? OTHER : `${code} ${OTHER}`;
}
