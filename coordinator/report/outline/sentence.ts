/** Sentences of the analysis as text of a report. Used by the sections. Invariant: what is within backticks is code in every format. */
import { code, type Piece, prose } from "./block.ts";

/** Within a pair of backticks: code. */
const QUOTED_CODE = /`([^`]+)`/;

/**
 * A sentence of the analysis, what stands in backticks as code. Not for sentences that quote a target: its backticks would count.
 * @param maxChars of all of it
 */
export function sentence(written: string, maxChars = 600): readonly Piece[] {
  let left = maxChars;
  return written.split(QUOTED_CODE).flatMap((part, at): Piece[] => {
    if (part === "" || left <= 0) return [];
    const piece = at % 2 === 1 ? code(part, left) : prose(part, left);
    left -= part.length;
    return [piece];
  });
}
