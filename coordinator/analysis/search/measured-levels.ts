/**
 * The levels of a search with what was open, sent and received in the half of each that is judged. Pure; called by capacity.ts. Invariant: in
 * the order they were tried; a level that was not held for a whole second is left out.
 */
import type { StrictSearch } from "../../../shared/scenario/strict.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { Plateau } from "../../merge/searches.ts";
import type { MeasuredLevel } from "./bottleneck.ts";

const SECOND_US = 1_000_000;

/** @param fromUs where the phase begins in run time */
export function measuredLevels(
  { merge }: RunFold,
  { levels, durationUs }: Pick<StrictSearch, "levels"> & { readonly durationUs: number },
  { plateaus, fromUs }: { readonly plateaus: readonly Plateau[]; readonly fromUs: number },
): MeasuredLevel[] {
  const { bytesReceived, received: all } = merge.counters();
  // Bytes are not counted by second where a phase is excluded, as searches are.
  const size = all > 0 ? bytesReceived / all : 0;
  return plateaus.flatMap(({ to: planned, verdict, reason, purpose }, at): MeasuredLevel[] => {
    const level = levels[at];
    if (level === undefined || purpose === "rest") return [];
    const heldUs = fromUs + level.atUs + level.riseUs;
    const endUs = fromUs + (levels[at + 1]?.atUs ?? durationUs);
    const [from, to] = [(heldUs + endUs) / 2, endUs].map((us) => Math.floor(us / SECOND_US)) as [
      number,
      number,
    ];
    if (to <= from) return [];
    let [sent, received] = [0, 0];
    for (let second = from; second < to; second++) {
      const row = merge.timeline.row(second);
      sent += row?.sent ?? 0;
      received += row?.received ?? 0;
    }
    const receivedPerSec = received / (to - from);
    return [
      {
        ...{ planned, verdict, reason },
        open: merge.timeline.openGauge.atEndOf(to - 1),
        sentPerSec: sent / (to - from),
        receivedPerSec,
        bytesPerSec: receivedPerSec * size,
      },
    ];
  });
}
