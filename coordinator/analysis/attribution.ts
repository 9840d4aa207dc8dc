/**
 * What is said of replies that could not be told apart: which message they answered is not known, so no time of theirs is in
 * any distribution. Pure; one of the notes of a run.
 */
import type { RunFold } from "../merge/run-fold.ts";

export function attributionNotes(fold: RunFold): string[] {
  const { ambiguous, late } = fold.merge.counters();
  if (ambiguous === 0) return [];
  return [
    `Late replies that could also have answered a newer message: ${ambiguous} of ${late}. They do not say which message ` +
      "they answer, so no time was recorded for them, and a newer message that got no other reply timed out. A reply.where " +
      "that compares with a field of sent, or an echo with a stamp, tells them apart.",
  ];
}
