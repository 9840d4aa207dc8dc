/**
 * The form of rules about what is beside the load: something did not happen. Used by checkpoints.ts and environment.ts, as those of
 * thresholds are shown. Pure.
 */
import type { StrictThreshold } from "../../../shared/scenario/strict.ts";

export function besideRule(metric: string, statistic: "reached" | "failed"): StrictThreshold {
  return {
    ...{ metric, rule: `${statistic} == 0`, measure: "connections", statistic },
    selector: { phase: null, name: null },
    ...{ operator: "==", limit: 0, unit: "count", abort: false, afterUs: 0 },
  };
}
