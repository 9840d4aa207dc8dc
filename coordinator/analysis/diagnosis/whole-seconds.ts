/**
 * Of a run in which results are missing: the seconds of which they are there. Called by signals.ts. Pure. Invariant: workers may come, go and
 * be replaced; a second is held against those around it, not against the whole run.
 */
import type { TimelineRow } from "../../merge/timeline.ts";
import { median } from "../stats/interval.ts";

/** On either side; in a gap that is as long nobody can say what is usual. */
const AROUND_SECONDS = 30;

/** By second: as many engines have reported it as is usual around it. */
export function wholeSeconds(rows: readonly Pick<TimelineRow, "engines">[]): readonly boolean[] {
  const engines = rows.map((row) => row.engines);
  return engines.map((own, second) => {
    const from = Math.max(0, second - AROUND_SECONDS);
    return own >= median(engines.slice(from, second + AROUND_SECONDS + 1));
  });
}
