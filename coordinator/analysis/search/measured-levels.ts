/**
 * The levels of a search with what was open, sent and received in the half of each that is judged. Pure; called by capacity.ts. Invariant: in
 * the order they were tried; a level that was not held for a whole second is left out.
 */
import { holdUs } from "../../../shared/scenario/search.ts";
import type { StrictSearch } from "../../../shared/scenario/strict.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { Plateau } from "../../merge/searches.ts";
import { isSaturated } from "../judged.ts";
import type { MeasuredLevel } from "./bottleneck.ts";

const SECOND_US = 1_000_000;

/** @param fromUs where the phase begins in run time */
export function measuredLevels(
  fold: RunFold,
  search: Pick<StrictSearch, "levels" | "settleUs">,
  { plateaus, fromUs }: { readonly plateaus: readonly Plateau[]; readonly fromUs: number },
): MeasuredLevel[] {
  const { merge } = fold;
  const { bytesReceived, received: all } = merge.counters();
  // Bytes are not counted by second where a phase is excluded, as searches are.
  const size = all > 0 ? bytesReceived / all : 0;
  return plateaus.flatMap(({ to: planned, verdict, reason, purpose }, at): MeasuredLevel[] => {
    const level = search.levels[at];
    if (level === undefined || purpose === "rest") return [];
    const heldUs = fromUs + level.atUs + level.riseUs;
    const endUs = heldUs + holdUs(search);
    const [from, to] = [(heldUs + endUs) / 2, endUs].map((us) => Math.floor(us / SECOND_US)) as [
      number,
      number,
    ];
    let [sent, received, seconds] = [0, 0, 0];
    for (let second = from; second < to; second++) {
      const row = merge.timeline.row(second);
      if (row === null || isSaturated(fold, second)) continue;
      sent += row.sent;
      received += row.received;
      seconds++;
    }
    if (seconds === 0) return [];
    const receivedPerSec = received / seconds;
    return [
      {
        ...{ planned, verdict, reason },
        open: merge.timeline.openGauge.atEndOf(to - 1),
        sentPerSec: sent / seconds,
        receivedPerSec,
        bytesPerSec: receivedPerSec * size,
      },
    ];
  });
}
