/**
 * Rules of faults: so many of the connections a fault hit are open again so soon (`recovered`). Pure; listed in registry.ts.
 * Invariant: a fault that hit nobody proves nothing, and its rule does not hold.
 */
import { type FaultWindow, faultWindows } from "../../../shared/scenario/fault-windows.ts";
import type { StrictThreshold } from "../../../shared/scenario/strict.ts";
import type { StrictFault } from "../../../shared/scenario/strict-fault.ts";
import { formatDuration, formatShare } from "../../../shared/scenario/units.ts";
import { boundAt } from "../../../shared/stats/histogram.ts";
import { hitBy, nameOfWindow } from "../../merge/fault-counts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { type Answer, type Check, evidence } from "../check.ts";

type Wanted = NonNullable<StrictFault["recovered"]>;

export const recovered: Check = {
  meta: {
    id: "recovered",
    kind: "threshold",
    question: "Were the connections that a fault hit open again in time?",
    doc: ["`recovered` of faults", "fewer were open again in time, or it hit nobody", ""],
    precedence: 2,
  },
  judge: ({ fold }) =>
    fold.began
      ? faultWindows(fold.facts.scenario).flatMap((window) => {
          const { recovered: wanted } = window.fault;
          return wanted === null || window.isCalledOff ? [] : [judge(fold, window, wanted)];
        })
      : [],
};

function judge(fold: RunFold, window: FaultWindow, wanted: Wanted): Answer {
  const { id } = window;
  const share = restoredWithin(fold, window, wanted.withinUs);
  const rule = ruleOf(id, wanted);
  const answer = {
    question: `Does ${rule.metric} ${rule.rule} hold?`,
    observed: { measure: `fault ${id} restored`, unit: "share", value: share },
    limit: { operator: ">=", unit: "share", value: wanted.share },
    rule,
  } as const;
  if (share === null) {
    const why = fold.faults.told.has(window.position) ? "it hit no connection" : "it never began";
    return { ...answer, outcome: "fail", evidence: evidence(why) };
  }
  return { ...answer, outcome: share >= wanted.share ? "pass" : "fail" };
}

/** Of those it hit, the share that was open again so long after it began, or ended; null: it hit nobody. */
export function restoredWithin(
  { merge, facts: { scenario } }: RunFold,
  { position }: FaultWindow,
  withinUs: number,
): number | null {
  const hit = hitBy(merge, scenario, position);
  if (hit === 0) return null;
  const names = new Set([nameOfWindow(scenario, position)]);
  const times = merge.series.total({ metric: "restore", phases: null, names });
  return (times?.countsUpTo([boundAt(withinUs)])[0] ?? 0) / hit;
}

function ruleOf(id: string, { withinUs, share }: Wanted): StrictThreshold {
  return {
    metric: `fault{name=${id}}`,
    rule: `restored within ${formatDuration(withinUs)} >= ${formatShare(share)}`,
    measure: "connections",
    selector: { phase: null, name: null },
    ...{ statistic: "restored", operator: ">=", limit: share, unit: "share" },
    ...{ abort: false, afterUs: 0 },
  };
}
