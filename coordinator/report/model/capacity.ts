/**
 * The levels of a search for the limit: how high each was, how it was judged, and when. Pure; called by model.ts.
 * Invariant: in the order they were tried; a level that says nothing of the target is called that.
 */
import { latencyRule } from "../../analysis/search/capacity.ts";
import { phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { Plateau } from "../../merge/searches.ts";
import { toMs } from "../quantiles.ts";

const MAX_LEVELS = 200;

export interface ModelLevel {
  readonly phase: string;
  readonly connections: number;
  readonly purpose: Plateau["purpose"];
  readonly verdict: Plateau["verdict"];
  /** What broke; "" when it held. Foreign. */
  readonly reason: string;
  /** Metric and statistic of the rule about latency, such as "latency p99"; "": there is none. Foreign. */
  readonly latencyOf: string;
  /** Of that rule; null: nothing was measured. */
  readonly latencyMs: number | null;
  /** Seconds of run time; null when that is not known. */
  readonly at: number | null;
}

export function searchLevels(fold: RunFold): ModelLevel[] {
  const { scenario } = fold.facts;
  const spans = phaseSpans(scenario);
  return scenario.phases
    .flatMap((phase, index) => {
      if (phase.ramp !== "find-limit") return [];
      const rule = latencyRule(phase.until);
      const { metric = "", statistic = "" } = phase.until[rule] ?? {};
      const latencyOf = `${metric} ${statistic}`.trim();
      return fold.searches.plateaus(index).map((plateau, at): ModelLevel => {
        const { to: connections, purpose, verdict, reason, observed } = plateau;
        const latencyUs = observed[rule] ?? null;
        const level = phase.levels[at];
        const start = spans[index]?.fromUs ?? 0;
        return {
          ...{ phase: phase.phase, connections, purpose, verdict, reason, latencyOf },
          latencyMs: latencyUs === null ? null : toMs(latencyUs),
          at: level === undefined ? null : (start + level.atUs) / 1e6,
        };
      });
    })
    .slice(0, MAX_LEVELS);
}
