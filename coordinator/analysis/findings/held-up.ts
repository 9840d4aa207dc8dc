/**
 * What held the generator up: it had no processor, or it stood still. Called by generator-saturated.ts. Pure. Invariant: told from the
 * health that workers report second by second, in the seconds in which it was late, and from nothing of the target's.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import type { TimelineRow } from "../../merge/timeline.ts";
import { brokenGates, GATES } from "../gates.ts";
import type { CauseId } from "./causes.ts";

/**
 * Of a second, as much as an engine's thread could have run and had no processor. One that was stopped does not wait for a processor, and
 * one that has a core of its own waits for hardly a hundredth.
 */
export const WAITED = 0.1;
/**
 * Of the longest standstill of a second: half of its messages were late by as much. Who is kept from running again and again is late with
 * most of them, who stood still once with those of that moment.
 */
const MOSTLY = 0.05;

/** null: it was late in no second. */
export function heldUpBy(fold: RunFold): CauseId | null {
  const late = [...fold.merge.timeline.rows()].filter(
    (row) => row.second * 1_000_000 < fold.facts.durationUs && isLate(row),
  );
  const busy = late.filter((row) => isBusy(fold, row)).length;
  if (late.length === 0) return null;
  return 2 * busy >= late.length ? "generator-cpu" : "generator-pauses";
}

/** Late enough to count when the whole run is looked at, also where the second itself may be trusted. */
function isLate(row: TimelineRow): boolean {
  const lag = row.sendLagUs;
  const isMeasured = lag !== null && lag.count >= GATES.secondSendLagMinCount;
  return brokenGates(row).length > 0 || (isMeasured && lag.p99 > GATES.runSendLagP99Us);
}

function isBusy({ merge }: RunFold, row: TimelineRow): boolean {
  const { second, utilisation, throttled, sendLagUs, loopLagMaxUs } = row;
  if ((utilisation ?? 0) >= GATES.utilisation || throttled > GATES.throttled) return true;
  // 0 where the system does not tell: then the lags alone say it.
  const waited = merge.evidence.health.at(second, "processorWait") ?? 0;
  const isOften = (sendLagUs?.p50 ?? 0) >= MOSTLY * (loopLagMaxUs ?? 0);
  return isOften && (waited === 0 || waited >= WAITED);
}
