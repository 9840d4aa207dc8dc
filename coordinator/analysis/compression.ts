/**
 * Whether a run that asked for compression got it: an offer nobody took up measures something else than what was asked
 * for. Pure; used by validity.ts.
 */
import type { RunFold } from "../merge/run-fold.ts";

const COMPRESSION = /^permessage-deflate\b/;

/** What a reader should know of it; nothing when every connection is compressed, or none was to be. */
export function compressionNotes(fold: RunFold): string[] {
  if (!fold.facts.scenario.connect.compression) return [];
  let compressed = 0;
  let all = 0;
  for (const { extensions, count } of fold.merge.agreed.agreed) {
    all += count;
    if (COMPRESSION.test(extensions)) compressed += count;
  }
  if (all === compressed) return [];
  if (compressed === 0) {
    return [
      `Compression was asked for, and the target agreed to none on all ${all} connections: nothing was compressed.`,
    ];
  }
  return [
    `Compression was asked for, and the target agreed to it on ${compressed} of ${all} connections: the others were not compressed.`,
  ];
}
