/**
 * Counters by phase (PHASE_COUNTERS), one row after another. Called by the recorder, which counts in them itself. Invariant: what is
 * cut is added to the totals once.
 */
import { PHASE_COUNTERS } from "../../shared/stats/counters.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";

const WIDTH = PHASE_COUNTERS.length;

/** With room for so many phases, and what was counted before. */
export function phaseRows(phases: number, before?: Float64Array): Float64Array {
  const rows = new Float64Array(phases * WIDTH);
  if (before !== undefined) rows.set(before);
  return rows;
}

/** All rows with any activity since the last cut; they begin at 0 again. */
export function cutPhaseRows(rows: Float64Array, totals: Float64Array): Frame["phases"] {
  const cut: { phase: number; counters: number[] }[] = [];
  for (let phase = 0; phase * WIDTH < rows.length; phase++) {
    const row = rows.subarray(phase * WIDTH, (phase + 1) * WIDTH);
    if (row.every((value) => value === 0)) continue;
    for (let at = 0; at < WIDTH; at++) totals[at] = (totals[at] as number) + (row[at] as number);
    cut.push({ phase, counters: Array.from(row) });
    row.fill(0);
  }
  return cut;
}
